#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! The job set without a declaration.

use instrumetrics::{LabelValue, Outcome, job_metric};
use std::time::Instant;

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

#[derive(Clone, Copy, LabelValue)]
#[label(rename_all = "lowercase")]
enum Model {
    Tiny,
    Base,
}

struct Audio {
    seconds: f64,
}

#[job_metric(model, language, namespace = "whisper", audio_seconds = audio.seconds, queued_since = since, buckets = [1.0, 10.0])]
async fn run(model: Model, language: &str, audio: Audio, since: Instant) -> Result<String, String> {
    let _ = (model, since);
    tokio::task::yield_now().await;
    if audio.seconds > 10.0 {
        return Err("too long".to_owned());
    }
    Ok(language.to_owned())
}

#[job_metric(model, language, namespace = "whisper", stage = submit)]
fn submit(model: Model, language: &str) -> Result<u32, ()> {
    let _ = model;
    if language.is_empty() { Err(()) } else { Ok(1) }
}

#[job_metric(labels(stage, kind = stage.len()), namespace = "keyword", outcome = |ret| if *ret > 1 { Outcome::Success } else { Outcome::Error })]
fn keyword(stage: &str) -> usize {
    stage.len()
}

#[job_metric]
fn bare() {}

fn main() {
    assert_eq!(submit(Model::Tiny, "en"), Ok(1));
    assert_eq!(submit(Model::Base, ""), Err(()));
    assert!(
        block_on(run(
            Model::Tiny,
            "en",
            Audio { seconds: 2.0 },
            Instant::now()
        ))
        .is_ok()
    );
    assert!(
        block_on(run(
            Model::Tiny,
            "en",
            Audio { seconds: 20.0 },
            Instant::now()
        ))
        .is_err()
    );
    assert_eq!(keyword("x"), 1);
    bare();
    let text = instrumetrics::render();
    for line in [
        r#"whisper_jobs_submitted_total{language="en",model="tiny"} 1"#,
        r#"whisper_jobs_completed_total{language="en",model="tiny",status="success"} 1"#,
        r#"whisper_jobs_completed_total{language="en",model="tiny",status="error"} 1"#,
        r#"whisper_audio_seconds_total{language="en",model="tiny"} 2"#,
        r#"whisper_job_queue_seconds_count{language="en",model="tiny"} 2"#,
        r#"whisper_job_realtime_factor_count{language="en",model="tiny"} 1"#,
        "whisper_jobs_processing 0",
        r#"keyword_jobs_completed_total{kind="1",stage="x",status="error"} 1"#,
        r#"jobs_completed_total{status="success"} 1"#,
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
}
