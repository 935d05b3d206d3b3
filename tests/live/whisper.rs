//! The example `whisper_api` from end to end: real HTTP, a real recording, a real Prometheus.

use crate::peers::PROMTOOL;
use crate::prometheus::Prometheus;
use crate::python::{self, pipe};
use crate::scan::scan;
use crate::service::{MODELS, Service, completed, long_speech, speech, submitted};
use crate::trouble;
use instrumetrics::Format;
use std::process::Command;

/// When somebody speaks in the recording; `examples/data/README.md` says how it was made.
const UTTERANCES: [(f64, f64); 4] = [
    (0.600, 1.829),
    (2.530, 4.001),
    (4.551, 6.246),
    (7.046, 7.576),
];

#[test]
fn a_job_from_post_to_done() {
    let mut service = Service::start(&[]);
    let before = service.metrics();
    for model in MODELS {
        let zero = before.get("whisper_segments_total", &[("model", model)]);
        assert_eq!(zero, Some(0.0), "{model}");
    }
    assert_eq!(before.get("whisper_jobs_processing", &[]), Some(0.0));
    assert_eq!(before.get("whisper_queue_size", &[]), Some(0.0));
    assert_eq!(before.get("whisper_queue_capacity", &[]), Some(16.0));

    let id = service.submit("tiny", "en", &speech());
    let job = service.wait_for_state(&id, "done");
    assert_eq!(
        (&job["id"], &job["model"]),
        (&id.as_str().into(), &"tiny".into())
    );
    assert_eq!(
        (&job["language"], &job["error"]),
        (&"en".into(), &().into())
    );
    assert!(
        (job["audio_seconds"].as_f64().unwrap() - 8.23).abs() < 0.01,
        "{job}"
    );
    assert!(job["processing_seconds"].as_f64().unwrap() > 0.0, "{job}");
    let segments = job["segments"].as_array().unwrap();
    assert_eq!(segments.len(), UTTERANCES.len(), "{job}");
    for (segment, (start, end)) in segments.iter().zip(UTTERANCES) {
        let off = |key: &str, exact: f64| (segment[key].as_f64().unwrap() - exact).abs();
        assert!(
            off("start", start) < 0.1 && off("end", end) < 0.1,
            "{segment}"
        );
    }

    let metrics = service.wait_until_idle();
    let labels = [("model", "tiny"), ("language", "en")];
    let get = |name: &str| metrics.get(&format!("whisper_{name}"), &labels);
    assert_eq!(get("jobs_submitted_total"), Some(1.0));
    assert_eq!(get("job_duration_seconds_count"), Some(1.0));
    assert_eq!(get("job_queue_seconds_count"), Some(1.0));
    assert_eq!(get("job_realtime_factor_count"), Some(1.0));
    assert_eq!(get("audio_seconds_total"), job["audio_seconds"].as_f64());
    assert_eq!(
        (submitted(&metrics), completed(&metrics, "success")),
        (1.0, 1.0)
    );
    let segments = metrics.get("whisper_segments_total", &[("model", "tiny")]);
    assert_eq!(segments, Some(4.0));
    let labels = [
        ("endpoint", "/transcribe"),
        ("method", "POST"),
        ("status", "202"),
    ];
    assert_eq!(
        metrics.get("whisper_http_requests_total", &labels),
        Some(1.0)
    );

    // One that outlives the time it gets when the service stops.
    let id = service.submit("large-v3", "", &long_speech(200));
    service.wait_for_state(&id, "running");
    let (status, output) = service.terminate().unwrap();
    assert_eq!(status.code(), Some(0), "{output}");
    assert!(output.contains("submitted: 2"), "{output}");
    assert!(
        output.contains("success 1") && output.contains("cancelled 1"),
        "{output}"
    );
}

#[test]
fn counts_add_up_when_much_goes_wrong() {
    let mut service = Service::start(&[
        ("WHISPER_API_WORKERS", "1"),
        (
            "WHISPER_API_MAX_BODY_BYTES",
            &trouble::LARGEST_BODY.to_string(),
        ),
    ]);
    let prometheus = Prometheus::scraping(service.address());

    trouble::refused_uploads(&service);
    trouble::cancelled_jobs(&mut service);
    trouble::clients_that_leave(&mut service);
    trouble::more_than_the_queue_holds(&mut service);

    let metrics = service.wait_until_idle();
    let all = metrics.sum("whisper_jobs_completed_total", &[]);
    if let Some(mut prometheus) = prometheus {
        prometheus.wait_for("sum(whisper_jobs_completed_total)", all);
        prometheus.wait_for("sum(whisper_jobs_submitted_total)", all);
        prometheus.wait_for("whisper_jobs_processing", 0.0);
        prometheus.assert_up();
    }
    read_by_others(&service);
    let (status, output) = service.terminate().unwrap();
    assert_eq!(status.code(), Some(0), "{output}");
    assert!(output.contains(&format!("submitted: {all}")), "{output}");
    assert!(output.contains(&format!("completed: {all}")), "{output}");
}

fn read_by_others(service: &Service) {
    for format in [Format::Text, Format::OpenMetrics] {
        let text = service.exposition(format);
        let scanned = scan(&text, format);
        if let Some((_, samples)) = python::parse(&text, format) {
            samples.assert_same(&scanned, "Python");
        }
        if format == Format::Text
            && let Some(promtool) = PROMTOOL.find()
        {
            let mut check = Command::new(promtool);
            let said = pipe(check.args(["check", "metrics"]), text.as_bytes());
            assert_eq!(said, Default::default());
        }
    }
}
