#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! `async_trait` above the `impl`, our attributes inside.

use async_trait::async_trait;
use instrumetrics::{counted, job_metric, timed};

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

#[async_trait]
trait Store {
    /// Has a body.
    #[counted("store_pings_total", labels(name = self.name()), outcome)]
    async fn ping(&self) -> Result<(), String> {
        Ok(())
    }

    fn name(&self) -> &str;

    async fn load(&mut self, key: &str) -> Result<String, String>;
}

struct Memory(String);

#[async_trait]
impl Store for Memory {
    fn name(&self) -> &str {
        &self.0
    }

    #[timed("store_load_seconds", labels(key), outcome)]
    #[job_metric(key, namespace = "store")]
    async fn load(&mut self, key: &str) -> Result<String, String> {
        tokio::task::yield_now().await;
        if key.is_empty() {
            return Err("no key".to_owned());
        }
        self.0.push_str(key);
        Ok(self.0.clone())
    }
}

fn main() {
    let mut store: Box<dyn Store + Send + Sync> = Box::new(Memory("m".to_owned()));
    assert_eq!(block_on(store.ping()), Ok(()));
    assert_eq!(block_on(store.load("x")), Ok("mx".to_owned()));
    assert!(block_on(store.load("")).is_err());
    drop(store.load("never"));
    let text = instrumetrics::render();
    assert!(
        text.contains(r#"store_pings_total{name="m",outcome="success"} 1"#),
        "{text}"
    );
    assert!(
        text.contains(r#"store_load_seconds_count{key="x",outcome="success"} 1"#),
        "{text}"
    );
    assert!(
        text.contains(r#"store_load_seconds_count{outcome="error"} 1"#),
        "{text}"
    );
    assert!(!text.contains("never"), "{text}");
}
