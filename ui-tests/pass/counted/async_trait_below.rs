#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Our attributes on a trait that `async_trait` has rewritten, with bounds on `self`.

use async_trait::async_trait;
use instrumetrics::{counted, timed};
use std::sync::Arc;

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

#[async_trait(?Send)]
trait Local {
    async fn run(self: Arc<Self>, n: u32) -> Option<u32>;
    async fn generic<T: Into<u32> + 'static>(&self, value: T) -> u32;
}

struct Runner<T>(T);

#[async_trait(?Send)]
impl<T: Clone + Into<u32>> Local for Runner<T> {
    #[counted("runner_runs_total", labels(n), outcome)]
    #[timed("runner_run_seconds", outcome)]
    async fn run(self: Arc<Self>, n: u32) -> Option<u32> {
        tokio::task::yield_now().await;
        Some(n + self.0.clone().into())
    }

    #[counted("runner_generics_total")]
    async fn generic<U: Into<u32> + 'static>(&self, value: U) -> u32 {
        value.into()
    }
}

fn main() {
    let runner = Arc::new(Runner(1_u8));
    assert_eq!(block_on(runner.generic(2_u8)), 2);
    assert_eq!(block_on(runner.run(2)), Some(3));
    let text = instrumetrics::render();
    assert!(
        text.contains(r#"runner_runs_total{n="2",outcome="success"} 1"#),
        "{text}"
    );
    assert!(text.contains("runner_generics_total 1\n"), "{text}");
}
