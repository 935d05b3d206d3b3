#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Functions that never return.

use instrumetrics::{counted, job_metric, timed};

#[timed("exit_seconds", labels(code), outcome, in_flight)]
#[counted("exits_total", outcome)]
#[job_metric(code, namespace = "exit")]
fn exit(code: i32) -> ! {
    std::panic::panic_any(code)
}

#[timed]
#[counted]
fn stop() -> ! {
    panic!("stop")
}

#[timed("forever_seconds", outcome)]
async fn forever() -> ! {
    loop {
        tokio::task::yield_now().await;
    }
}

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    assert!(std::panic::catch_unwind(|| exit(2)).is_err());
    assert!(std::panic::catch_unwind(|| stop()).is_err());
    drop(forever());
    let text = instrumetrics::render();
    assert!(
        text.contains(r#"exit_seconds_count{code="2",outcome="panicked"} 1"#),
        "{text}"
    );
    assert!(
        text.contains(r#"exits_total{outcome="panicked"} 1"#),
        "{text}"
    );
    assert!(
        text.contains(r#"exit_jobs_completed_total{code="2",status="panicked"} 1"#),
        "{text}"
    );
}
