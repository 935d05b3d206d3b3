//! The job set: submitted and completed agree.

use instrumetrics::{LabelValue, Outcome, job_metric, metrics, snapshot};
use std::panic::catch_unwind;
use std::task::Context;
use std::time::{Duration, Instant};

#[derive(Clone, Copy, LabelValue)]
#[label(rename_all = "snake_case")]
enum Model {
    Tiny,
    #[label("large-v3")]
    LargeV3,
}

#[metrics(namespace = "lab")]
mod lab {
    use super::Model;
    use instrumetrics::Jobs;

    /// Transcriptions.
    pub fn jobs(model: Model, language: &str) -> Jobs;

    /// Imports.
    #[metric(prefix = "import")]
    pub fn imports(model: Model) -> Jobs;
}

fn count(name: &str, labels: &[(&str, &str)]) -> f64 {
    snapshot().counter(name, labels).unwrap_or(0.0)
}

#[job_metric(lab::jobs(model, language), stage = submit)]
async fn submit(model: Model, language: &str, accept: bool) -> Result<u32, &'static str> {
    if accept { Ok(1) } else { Err("full") }
}

#[job_metric(lab::jobs(model, &language), audio_seconds = audio, queued_since = queued)]
async fn run(
    model: Model,
    language: String,
    audio: f64,
    queued: Instant,
    how: &str,
) -> Result<(), ()> {
    match how {
        "fail" => Err(()),
        "panic" => panic!("as asked"),
        "for ever" => std::future::pending().await,
        _ => Ok(()),
    }
}

#[tokio::test]
async fn a_declared_set_counts_each_job_once() {
    let labels = [("model", "large-v3"), ("language", "de")];
    let status = |status| [labels[0], labels[1], ("status", status)];
    assert!(submit(Model::LargeV3, "de", false).await.is_err());
    for _ in 0..5 {
        submit(Model::LargeV3, "de", true).await.unwrap();
    }
    let queued = Instant::now() - Duration::from_secs(2);
    let start = |how| run(Model::LargeV3, "de".to_owned(), 10.0, queued, how);
    assert!(start("work").await.is_ok());
    assert!(start("fail").await.is_err());
    assert!(tokio::spawn(start("panic")).await.is_err());
    {
        let mut running = Box::pin(start("for ever"));
        let mut context = Context::from_waker(std::task::Waker::noop());
        assert!(running.as_mut().poll(&mut context).is_pending());
        assert_eq!(snapshot().gauge("lab_jobs_processing", &[]), Some(1.0));
    }
    lab::jobs(Model::LargeV3, "de").cancelled();

    assert_eq!(snapshot().gauge("lab_jobs_processing", &[]), Some(0.0));
    assert!((count("lab_jobs_submitted_total", &labels) - 5.0).abs() < f64::EPSILON);
    let completed = ["success", "error", "cancelled", "panicked"]
        .map(|end| count("lab_jobs_completed_total", &status(end)));
    assert_eq!(completed, [1.0, 1.0, 2.0, 1.0]);
    let snapshot = snapshot();
    let histogram = |name| snapshot.histogram(name, &labels).unwrap();
    assert_eq!(
        histogram("lab_job_duration_seconds").count(),
        4,
        "not the withdrawn one"
    );
    let waited = histogram("lab_job_queue_seconds");
    assert_eq!(waited.count(), 4);
    assert!(waited.sum() >= 8.0);
    assert_eq!(
        histogram("lab_job_realtime_factor").count(),
        1,
        "on success only"
    );
    assert_eq!(
        snapshot.counter("lab_audio_seconds_total", &labels),
        Some(10.0)
    );
    let bounds: Vec<f64> = histogram("lab_job_duration_seconds")
        .buckets()
        .map(|(le, _)| le)
        .collect();
    assert_eq!(bounds[..2], [0.1, 0.25]);
    assert_eq!(bounds[13], 3600.0);
}

#[test]
fn a_set_of_enums_is_there_at_zero_and_a_guard_serves_what_is_no_function() {
    let before = snapshot();
    for model in ["tiny", "large-v3"] {
        let labels = [("status", "panicked"), ("model", model)];
        let name = "lab_import_jobs_completed_total";
        assert_eq!(before.counter(name, &labels), Some(0.0));
    }
    assert_eq!(before.gauge("lab_import_jobs_processing", &[]), Some(0.0));
    let jobs = lab::imports(Model::Tiny);
    jobs.submitted();
    jobs.start().finish(Outcome::Success);
    jobs.start().finish(Outcome::Error);
    drop(jobs.start());
    let result = catch_unwind(|| {
        let _job = lab::imports(Model::Tiny).start();
        panic!("as asked");
    });
    assert!(result.is_err());
    let completed = ["success", "error", "cancelled", "panicked"].map(|end| {
        let labels = [("status", end), ("model", "tiny")];
        count("lab_import_jobs_completed_total", &labels)
    });
    assert_eq!(completed, [1.0; 4]);
    assert_eq!(
        snapshot().gauge("lab_import_jobs_processing", &[]),
        Some(0.0)
    );
}

#[job_metric(model, language, namespace = "inline")]
fn inline(model: Model, language: &str) -> Result<(), ()> {
    if language == "xx" { Err(()) } else { Ok(()) }
}

#[job_metric(model, language, namespace = "inline", outcome = |_| Outcome::Error)]
fn inline_too(model: Model, language: &str) {}

#[test]
fn inline_sets_of_one_definition_are_one() {
    inline(Model::Tiny, "en").unwrap();
    inline(Model::Tiny, "xx").unwrap_err();
    inline_too(Model::Tiny, "xx");
    let end = |language, end| {
        let labels = [("model", "tiny"), ("language", language), ("status", end)];
        count("inline_jobs_completed_total", &labels)
    };
    assert!((end("en", "success") - 1.0).abs() < f64::EPSILON);
    assert!((end("xx", "error") - 2.0).abs() < f64::EPSILON);
}

#[test]
fn what_an_attribute_adds_is_not_reported_as_lost() {
    #[instrumetrics::job_metric(namespace = "added", audio_seconds = 2.0, queued_since = since)]
    fn job(since: std::time::Instant) {}

    let added = |name: &str| name.starts_with("added_");
    // Linked, so at zero before the first job.
    assert!(
        snapshot()
            .histogram("added_job_queue_seconds", &[])
            .is_some()
    );
    assert_eq!(
        snapshot().counter("added_audio_seconds_total", &[]),
        Some(0.0)
    );
    job(std::time::Instant::now());
    let unlinked = instrumetrics::unlinked();
    assert!(
        !unlinked.iter().any(|lost| added(&lost.name)),
        "{unlinked:?}"
    );
}
