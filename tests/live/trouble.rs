//! What goes wrong around a service with a queue, and what its counts say after each.

use crate::client::{connect, json};
use crate::samples::Samples;
use crate::service::{MODELS, Service, completed, long_speech, speech, submitted};
use instrumetrics::Format;
use std::io::Write;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

/// What the service is told to take.
pub(crate) const LARGEST_BODY: usize = 27_000_000;

pub(crate) fn refused_uploads(service: &Service) {
    let speech = speech();
    let mut telephone = speech.clone();
    // The format: 6 is A-law.
    telephone[20] = 6;
    let mut expected = Vec::new();
    for (model, body, code) in [
        ("huge", &speech[..], "unknown_model"),
        ("", &speech, "unknown_model"),
        ("tiny", b"", "empty_body"),
        (
            "tiny",
            b"ID3\x04 this is music, not what was asked for, and long enough",
            "not_wav",
        ),
        ("tiny", &speech[..speech.len() / 2], "truncated"),
        ("tiny", &speech[..20], "truncated"),
        ("tiny", &telephone, "unsupported_format"),
    ] {
        let (status, answer) = json(Ok(service.post(&[("model", model)], body)));
        assert_eq!((status, &answer["error"]), (400, &code.into()), "{answer}");
        assert!(answer["message"].is_string(), "{answer}");
        expected.push(code);
    }
    let metrics = service.metrics();
    for code in &expected {
        let labels = [("category", "validation"), ("error_type", *code)];
        let times = expected.iter().filter(|other| *other == code).count();
        assert_eq!(
            metrics
                .get("whisper_errors_total", &labels)
                .map(|n| n.to_string()),
            Some(times.to_string()),
            "{code}"
        );
    }
    let body = vec![0; LARGEST_BODY + 1];
    let (status, answer) = json(Ok(service.post(&[("model", "tiny")], &body)));
    assert_eq!((status, &answer["error"]), (413, &"body_too_large".into()));
    assert_eq!(submitted(&metrics), 0.0);
    let labels = [
        ("endpoint", "/transcribe"),
        ("method", "POST"),
        ("status", "400"),
    ];
    assert_eq!(
        metrics.get("whisper_http_requests_total", &labels),
        Some(7.0)
    );
}

pub(crate) fn cancelled_jobs(service: &mut Service) {
    let speech = long_speech(100);
    let running = service.submit("large-v3", "de", &speech);
    service.wait_for_state(&running, "running");
    let waiting = service.submit("large-v3", "de", &speech);
    assert_eq!(service.job(&waiting).1["state"], "queued");
    let metrics = service.metrics();
    assert_eq!(metrics.get("whisper_jobs_processing", &[]), Some(1.0));
    assert_eq!(metrics.get("whisper_queue_size", &[]), Some(1.0));

    assert_eq!(service.cancel(&waiting).0, 202);
    assert_eq!(
        service.wait_for_state(&waiting, "cancelled")["segments"],
        serde_json::json!([])
    );
    let begin = Instant::now();
    assert_eq!(service.cancel(&running).0, 202);
    let metrics = service.wait_until_idle();
    // 50 ms is what the service promises, on a machine that is not busy with other tests.
    assert!(
        begin.elapsed() < Duration::from_secs(1),
        "{:?}",
        begin.elapsed()
    );
    service.wait_for_state(&running, "cancelled");
    assert_eq!(
        (submitted(&metrics), completed(&metrics, "cancelled")),
        (2.0, 2.0)
    );
    // The one that never ran has no duration.
    assert_eq!(metrics.sum("whisper_job_duration_seconds_count", &[]), 1.0);
    assert_eq!(metrics.sum("whisper_audio_seconds_total", &[]), 0.0);

    assert_eq!(service.cancel(&running).0, 409);
    assert_eq!(service.cancel("no-such-job").0, 404);
    assert_eq!(service.job("no-such-job").0, 404);
}

pub(crate) fn clients_that_leave(service: &mut Service) {
    let before = service.wait_until_idle();
    let speech = speech();
    let address = service.address();
    post_and_leave(address, &speech, speech.len() / 2);
    post_and_leave(address, &speech, 0);
    let left = [
        ("endpoint", "/transcribe"),
        ("method", "POST"),
        ("status", "499"),
    ];
    let begin = Instant::now();
    while service.metrics().get("whisper_http_requests_total", &left) != Some(2.0) {
        assert!(
            begin.elapsed() < Duration::from_secs(10),
            "{}",
            service.exposition(Format::Text)
        );
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(submitted(&service.wait_until_idle()), submitted(&before));
    // It may be accepted before it is noticed that nobody waits for the answer: then it is a job like any other.
    post_and_leave(address, &speech, speech.len());
    let begin = Instant::now();
    let requests = |metrics: &Samples| {
        let labels = [("endpoint", "/transcribe"), ("method", "POST")];
        metrics.sum("whisper_http_requests_total", &labels)
    };
    while requests(&service.metrics()) < requests(&before) + 3.0 {
        assert!(begin.elapsed() < Duration::from_secs(10));
        thread::sleep(Duration::from_millis(20));
    }
    service.wait_until_idle();
}

/// Sends so much of the body, and leaves without a word.
fn post_and_leave(address: SocketAddr, body: &[u8], sent: usize) {
    let mut stream = connect(address).unwrap();
    let head = format!(
        "POST /transcribe?model=tiny HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body[..sent]).unwrap();
    // Long enough for the service to be in the middle of it.
    thread::sleep(Duration::from_millis(50));
}

pub(crate) fn more_than_the_queue_holds(service: &mut Service) {
    let before = service.wait_until_idle();
    let speech = speech();
    let post = |index: usize| {
        let language = ["en", "de", "\"quoted\"", "new\nline", "日本"][index / 3 % 5];
        let query = [("model", MODELS[index % 3]), ("language", language)];
        let response = service.post(&query, &speech);
        let refused = response.status() == 429;
        assert_eq!(response.headers().contains_key("retry-after"), refused);
        let (status, answer) = json(Ok(response));
        assert!(!refused || answer["error"] == "full", "{answer}");
        status
    };
    let statuses: Vec<u16> = thread::scope(|scope| {
        let post = &post;
        let clients: Vec<_> = (0..200)
            .map(|index| scope.spawn(move || post(index)))
            .collect();
        clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .collect()
    });
    let count = |wanted: u16| {
        let found = statuses.iter().filter(|status| **status == wanted).count();
        f64::from(u32::try_from(found).unwrap())
    };
    let (accepted, full) = (count(202), count(429));
    assert_eq!(accepted + full, 200.0, "{statuses:?}");
    assert!(
        accepted >= 16.0 && full >= 100.0,
        "{accepted} accepted, {full} refused"
    );

    let after = service.wait_until_idle();
    let rise = |value: &dyn Fn(&Samples) -> f64| value(&after) - value(&before);
    assert_eq!(rise(&submitted), accepted);
    assert_eq!(rise(&|metrics| completed(metrics, "success")), accepted);
    assert_eq!(rise(&|metrics| completed(metrics, "cancelled")), 0.0);
    assert_eq!(
        rise(&|metrics| metrics.sum("whisper_job_duration_seconds_count", &[])),
        accepted
    );
    assert_eq!(
        rise(&|metrics| metrics.sum("whisper_segments_total", &[])),
        4.0 * accepted
    );
    let errors = [("category", "queue"), ("error_type", "full")];
    assert_eq!(
        rise(&|metrics| metrics.sum("whisper_errors_total", &errors)),
        full
    );
    for (status, expected) in [("202", accepted), ("429", full)] {
        let labels = [
            ("endpoint", "/transcribe"),
            ("method", "POST"),
            ("status", status),
        ];
        let answered = rise(&|metrics| metrics.sum("whisper_http_requests_total", &labels));
        assert_eq!(answered, expected, "{status}");
    }
}
