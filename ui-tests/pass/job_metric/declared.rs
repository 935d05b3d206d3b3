#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! A declared job set, on every shape of function.

use instrumetrics::{job_metric, metrics};
use std::pin::Pin;

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

#[metrics(namespace = "import")]
mod telemetry {
    use instrumetrics::Jobs;

    /// Imports.
    #[metric(prefix = "nightly", max_series = 10)]
    pub fn imports(source: &str) -> Jobs;
}

struct Importer {
    source: String,
}

impl Importer {
    #[job_metric(telemetry::imports(&self.source))]
    fn plain(&mut self) -> Result<&mut String, ()> {
        self.source.push('!');
        Ok(&mut self.source)
    }

    #[job_metric(telemetry::imports(&self.source), stage = submit)]
    async fn submit(&self) -> Result<&str, ()> {
        Ok(&self.source)
    }

    #[job_metric(telemetry::imports(&self.source))]
    fn boxed(&self) -> Pin<Box<dyn Future<Output = std::io::Result<usize>> + Send + '_>> {
        let length = self.source.len();
        Box::pin(async move {
            tokio::task::yield_now().await;
            Ok(length)
        })
    }
}

fn main() {
    let mut importer = Importer {
        source: "a".to_owned(),
    };
    assert_eq!(block_on(importer.submit()), Ok("a"));
    assert!(block_on(importer.boxed()).is_ok());
    drop(importer.boxed());
    assert!(importer.plain().is_ok());
    telemetry::imports("a").cancelled();
    let text = instrumetrics::render();
    for line in [
        r#"import_nightly_jobs_submitted_total{source="a"} 1"#,
        r#"import_nightly_jobs_completed_total{source="a",status="success"} 2"#,
        r#"import_nightly_jobs_completed_total{source="a",status="cancelled"} 1"#,
        r#"import_nightly_job_duration_seconds_count{source="a"} 2"#,
        "import_nightly_jobs_processing 0",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
}
