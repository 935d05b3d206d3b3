//! Several exporters of one service: one job, and all of them agree on it.

use crate::lines::Victoria;
use crate::otlp::{Collector, of_requests};
use crate::peer::{Peer, Reply};
use crate::process::{Folder, free_address};
use crate::service::{Service, speech};
use crate::statsd::Daemon;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// What is counted of the job, as the plain dialect names it.
const STATSD: &str = "whisper_jobs_completed_total.language.en.model.tiny.status.success";

const NAME: &str = "whisper_jobs_completed_total";

const LABELS: [(&str, &str); 3] = [("language", "en"), ("model", "tiny"), ("status", "success")];

/// The value of the job's counter in the newest file.
fn newest(directory: &Path) -> Option<f64> {
    let files = fs::read_dir(directory).ok()?;
    let names = files.map(|file| file.unwrap().path());
    let newest = names
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .max()?;
    let json: Json = serde_json::from_slice(&fs::read(newest).ok()?).unwrap();
    let series = json["metrics"][NAME]["series"].as_array()?;
    let labels: Json = LABELS
        .into_iter()
        .collect::<BTreeMap<_, _>>()
        .into_iter()
        .collect();
    let found = series.iter().find(|series| series["labels"] == labels)?;
    found["value"].as_f64()
}

/// Waits for a value that some back end has.
fn wait_for(what: &str, mut value: impl FnMut() -> Option<f64>) -> f64 {
    let begin = Instant::now();
    loop {
        // At zero it may have been read before the job was done.
        if let Some(value) = value().filter(|value| *value > 0.0) {
            return value;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn one_job(service: &mut Service) {
    let id = service.submit("tiny", "en", &speech());
    service.wait_for_state(&id, "done");
    let metrics = service.wait_until_idle();
    assert_eq!(metrics.get(NAME, &LABELS), Some(1.0));
}

#[test]
fn prometheus_statsd_and_json_agree_on_a_job() {
    let Some(mut daemon) = Daemon::start(free_address()) else {
        return;
    };
    let folder = Folder::new();
    let directory = folder.join("metrics");
    let mut service = Service::start(&[
        ("METRICS_EXPORTER", "prometheus,statsd,json"),
        ("METRICS_EXPORT_INTERVAL_SECONDS", "0.2"),
        ("STATSD_HOST", "127.0.0.1"),
        ("STATSD_PORT", &daemon.address.port().to_string()),
        ("METRICS_JSON_DIR", &directory.display().to_string()),
    ]);
    one_job(&mut service);
    daemon.wait(STATSD, 1.0);
    assert_eq!(wait_for("JSON", || newest(&directory)), 1.0);
    // Nothing is added at the end.
    let (status, _) = service.terminate().unwrap();
    assert!(status.success());
    assert_eq!(newest(&directory), Some(1.0));
    daemon.wait(STATSD, 1.0);
}

#[test]
fn six_back_ends_agree_on_a_job() {
    let sink = Peer::start(Reply::status(200));
    let (Some(mut daemon), Some(victoria), Some(collector)) = (
        Daemon::start(free_address()),
        Victoria::start(),
        Collector::start(&sink),
    ) else {
        return;
    };
    let folder = Folder::new();
    let directory = folder.join("metrics");
    let mut service = Service::start(&[
        (
            "METRICS_EXPORTER",
            "prometheus,statsd,json,graphite,influx,otlp",
        ),
        ("METRICS_EXPORT_INTERVAL_SECONDS", "0.2"),
        ("STATSD_HOST", "127.0.0.1"),
        ("STATSD_PORT", &daemon.address.port().to_string()),
        ("METRICS_JSON_DIR", &directory.display().to_string()),
        ("GRAPHITE_HOST", &victoria.graphite.ip().to_string()),
        ("GRAPHITE_PORT", &victoria.graphite.port().to_string()),
        ("INFLUXDB_URL", &victoria.url),
        ("INFLUXDB_DATABASE", "metrics"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.http()),
    ]);
    one_job(&mut service);
    daemon.wait(STATSD, 1.0);
    assert_eq!(wait_for("JSON", || newest(&directory)), 1.0);
    let held = |name: &str| victoria.last(name, &LABELS);
    assert_eq!(wait_for("Graphite", || held(NAME)), 1.0);
    let field = format!("{NAME}_value");
    assert_eq!(wait_for("InfluxDB", || held(&field)), 1.0);
    let labels: BTreeMap<String, String> = LABELS
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let key = (NAME.to_owned(), labels);
    let arrived = wait_for("OTLP", || {
        let requests: Vec<Vec<u8>> = sink
            .received()
            .iter()
            .map(crate::peer::Received::plain)
            .collect();
        of_requests(&requests).get(&key)?.first().copied()
    });
    assert_eq!(arrived, 1.0);
    assert_eq!(victoria.invalid_rows(), 0.0);
    let (status, _) = service.terminate().unwrap();
    assert!(status.success());
}
