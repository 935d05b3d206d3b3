#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! With `tracing::instrument`, above and below, and `async_trait`.

use async_trait::async_trait;
use instrumetrics::{counted, job_metric, timed};
use tracing::instrument;

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

#[instrument(skip(name))]
#[timed(labels(name), outcome)]
fn above(name: &str) -> Result<usize, String> {
    Ok(name.len())
}

#[timed(labels(name), outcome)]
#[instrument(err, ret)]
fn below(name: &str) -> Result<usize, String> {
    Ok(name.len())
}

#[instrument]
#[timed(outcome)]
#[counted]
async fn async_above(name: &str) -> Result<usize, String> {
    tokio::task::yield_now().await;
    Ok(name.len())
}

#[timed(outcome)]
#[instrument(err)]
#[job_metric(name, namespace = "tracing")]
async fn async_below(name: &str) -> Result<usize, String> {
    tokio::task::yield_now().await;
    Ok(name.len())
}

#[async_trait]
trait Store {
    async fn load(&self, key: &str) -> Result<usize, String>;
    async fn save(&self, key: &str) -> Result<usize, String>;
}

struct Memory;

#[async_trait]
impl Store for Memory {
    #[instrument(skip(self))]
    #[timed("tracing_load_seconds", labels(key), outcome)]
    #[counted("tracing_loads_total", outcome)]
    async fn load(&self, key: &str) -> Result<usize, String> {
        Ok(key.len())
    }

    #[timed("tracing_save_seconds", labels(key), outcome)]
    #[instrument(skip(self))]
    async fn save(&self, key: &str) -> Result<usize, String> {
        Err(key.to_owned())
    }
}

fn main() {
    assert_eq!(above("a"), Ok(1));
    assert_eq!(below("a"), Ok(1));
    assert_eq!(block_on(async_above("a")), Ok(1));
    assert_eq!(block_on(async_below("a")), Ok(1));
    assert_eq!(block_on(Memory.load("ab")), Ok(2));
    assert!(block_on(Memory.save("ab")).is_err());
    let text = instrumetrics::render();
    for line in [
        r#"above_duration_seconds_count{name="a",outcome="success"} 1"#,
        r#"below_duration_seconds_count{name="a",outcome="success"} 1"#,
        r#"async_above_duration_seconds_count{outcome="success"} 1"#,
        "async_above_total 1",
        r#"async_below_duration_seconds_count{outcome="success"} 1"#,
        r#"tracing_jobs_completed_total{name="a",status="success"} 1"#,
        r#"tracing_load_seconds_count{key="ab",outcome="success"} 1"#,
        r#"tracing_loads_total{outcome="success"} 1"#,
        r#"tracing_save_seconds_count{key="ab",outcome="error"} 1"#,
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
}
