#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Generic jobs and traits.

use instrumetrics::{LabelValue, Outcome, job_metric};

trait Worker {
    type Output: Default;

    fn kind(&self) -> &'static str;

    #[job_metric(labels(kind = self.kind()), namespace = "worker", outcome = |_| Outcome::Success)]
    fn work(&self) -> Self::Output {
        Self::Output::default()
    }
}

struct Counting<T>(T);

impl<T> Worker for Counting<T> {
    type Output = u32;

    fn kind(&self) -> &'static str {
        "counting"
    }
}

#[job_metric(label, namespace = "generic")]
fn generic<L: LabelValue, T, const N: usize>(label: L, values: [T; N]) -> Option<T> {
    let _ = label;
    values.into_iter().next()
}

fn main() {
    assert_eq!(Counting('x').work(), 0);
    assert_eq!(generic("a", [1, 2]), Some(1));
    assert_eq!(generic(true, [(); 0]), None);
    let text = instrumetrics::render();
    assert!(
        text.contains(r#"worker_jobs_completed_total{kind="counting",status="success"} 1"#),
        "{text}"
    );
    assert!(
        text.contains(r#"generic_jobs_completed_total{label="true",status="success"} 1"#),
        "{text}"
    );
}
