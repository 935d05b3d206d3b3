//! Datadog: what is sent, held against the API reference, and that no answer loses or doubles a count.

use crate::peer::{Peer, Received, Reply};
use crate::push::wait;
use instrumetrics::{DatadogConfig, DatadogExporter, DatadogIntake, Metrics};
use proptest::prelude::*;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn config(peer: &Peer) -> DatadogConfig {
    DatadogConfig {
        api_key: "0123456789abcdef".into(),
        url: Some(peer.url("")),
        // Exports are asked for.
        interval: Duration::from_secs(60),
        ..DatadogConfig::default()
    }
}

fn metrics_to(config: DatadogConfig) -> Metrics {
    Metrics::new(DatadogExporter::new(config).unwrap())
}

fn errors(error_type: &str) -> f64 {
    let labels = [("exporter", "datadog"), ("error_type", error_type)];
    let errors = instrumetrics::snapshot().counter("metrics_export_errors_total", &labels);
    errors.unwrap_or(0.0)
}

/// Fails unless an object has these fields and no others; those with `?` may be missing.
fn fields<'a>(value: &'a Value, names: &[&str]) -> &'a Map<String, Value> {
    let object = value.as_object().unwrap_or_else(|| panic!("{value}"));
    for name in names.iter().filter(|name| !name.ends_with('?')) {
        assert!(object.contains_key(*name), "no {name}: {value}");
    }
    for name in object.keys() {
        let known = |known: &&str| known.trim_end_matches('?') == name;
        assert!(names.iter().any(known), "{name}: {value}");
    }
    object
}

fn is_name(name: &str) -> bool {
    (1..=200).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.".contains(c))
}

fn is_tag(tag: &str) -> bool {
    (1..=200).contains(&tag.chars().count())
        && tag.starts_with(char::is_alphabetic)
        && !tag.ends_with(['_', ':'])
        && !tag.contains("__")
        && tag.to_lowercase() == tag
        && tag
            .chars()
            .all(|c| c.is_alphanumeric() || "_-:./".contains(c))
}

/// A point as it was sent.
#[derive(Clone, Debug, PartialEq)]
struct Point {
    metric: String,
    tags: BTreeSet<String>,
    count: bool,
    timestamp: u64,
    value: f64,
}

/// The points of a request, which must be as the reference of `MetricPayload` (v2) or `MetricsPayload` (v1) has it:
/// required fields and types of "Submit metrics", and the rules for names and tags.
fn points(request: &Received) -> Vec<Point> {
    let v2 = match &*request.path {
        "/api/v2/series" => true,
        "/api/v1/series" => false,
        path => panic!("{path}"),
    };
    assert_eq!(request.method, "POST");
    assert_eq!(request.header("dd-api-key"), Some("0123456789abcdef"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("content-encoding"), Some("deflate"));
    assert!(request.body.len() <= 512_000, "{}", request.body.len());
    let text = request.text();
    assert!(text.len() <= 5_242_880, "{}", text.len());
    let payload: Value = serde_json::from_str(&text).unwrap();
    let series = fields(&payload, &["series"])["series"].as_array().unwrap();
    assert!(!series.is_empty());
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let mut points = Vec::new();
    for one in series {
        let names: &[&str] = if v2 {
            &[
                "metric",
                "points",
                "tags",
                "type",
                "interval?",
                "resources?",
                "unit?",
            ]
        } else {
            &["metric", "points", "tags", "type", "interval?", "host?"]
        };
        let object = fields(one, names);
        let metric = object["metric"].as_str().unwrap();
        assert!(is_name(metric), "{metric}");
        let count = match (v2, &object["type"]) {
            (true, Value::Number(n)) if n.as_u64() == Some(1) => true,
            (true, Value::Number(n)) if n.as_u64() == Some(3) => false,
            (false, Value::String(text)) if text == "count" => true,
            (false, Value::String(text)) if text == "gauge" => false,
            (_, other) => panic!("{other}"),
        };
        let interval = object.get("interval").map(|value| value.as_u64().unwrap());
        assert_eq!(interval, count.then_some(60));
        if let Some(unit) = object.get("unit") {
            assert!(["second", "byte"].contains(&unit.as_str().unwrap()));
        }
        for resource in object
            .get("resources")
            .map_or(&[][..], |list| list.as_array().unwrap())
        {
            assert_eq!(fields(resource, &["type", "name"])["type"], "host");
        }
        let [point] = &object["points"].as_array().unwrap()[..] else {
            panic!("{one}")
        };
        let (timestamp, value) = if v2 {
            let point = fields(point, &["timestamp", "value"]);
            (&point["timestamp"], &point["value"])
        } else {
            (&point[0], &point[1])
        };
        let timestamp = timestamp.as_u64().unwrap();
        assert!((now - 3600..=now + 600).contains(&timestamp), "{timestamp}");
        let tags = object["tags"].as_array().unwrap().iter();
        let tags: BTreeSet<String> = tags.map(|tag| tag.as_str().unwrap().to_owned()).collect();
        for tag in &tags {
            assert!(is_tag(tag), "{tag:?}");
        }
        points.push(Point {
            metric: metric.to_owned(),
            tags,
            count,
            timestamp,
            value: value.as_f64().unwrap(),
        });
    }
    points
}

/// What the intake would have of these requests: of points of a series with one timestamp the last.
#[derive(Debug, Default)]
struct Intake(BTreeMap<(String, BTreeSet<String>), BTreeMap<u64, f64>>);

impl Intake {
    fn of<'a>(requests: impl IntoIterator<Item = &'a Received>) -> Self {
        let mut intake = Self::default();
        for request in requests {
            for point in points(request) {
                let series = intake.0.entry((point.metric, point.tags)).or_default();
                series.insert(point.timestamp, point.value);
            }
        }
        intake
    }

    /// The sum of a count.
    fn sum(&self, metric: &str) -> f64 {
        let series = self.0.iter().filter(|((name, _), _)| name == metric);
        series
            .flat_map(|(_, points)| points.values())
            .fold(0.0, |sum, value| sum + value)
    }
}

fn of(requests: &[Received], metric: &str) -> Vec<Point> {
    let all = requests.iter().flat_map(points);
    all.filter(|point| point.metric == metric).collect()
}

#[test]
fn series_are_written_as_the_reference_has_them() {
    for intake in [DatadogIntake::V2, DatadogIntake::V1] {
        let peer = Peer::start(Reply::body(202, "{\"errors\":[]}"));
        let metrics = metrics_to(DatadogConfig {
            intake,
            host: Some("web-1".to_owned()),
            const_labels: vec![("env".to_owned(), "Prod".to_owned())],
            ..config(&peer)
        });
        let labels = [("method", "GET"), ("path", "/a b")];
        wait(metrics.increment_by("dd_form_total", u64::MAX, &labels)).unwrap();
        wait(metrics.set_gauge("dd_form_celsius", -0.25, &[("env", "test")])).unwrap();
        wait(metrics.observe_histogram("dd_form_seconds", 0.3, &[])).unwrap();
        wait(metrics.observe_histogram("dd_form_seconds", 1e6, &[])).unwrap();
        wait(metrics.export()).unwrap();
        let requests = peer.take();
        points(&requests[0]);
        let text = requests[0].text();
        let now = of(&requests, "dd_form_total")[0].timestamp;
        let v2 = intake == DatadogIntake::V2;
        let expected = |metric: &str, kind: &str, value: &str, tags: &str, unit: &str| {
            if v2 {
                let kind = if kind == "count" {
                    "1,\"interval\":60"
                } else {
                    "3"
                };
                let unit = if unit.is_empty() {
                    String::new()
                } else {
                    format!(",\"unit\":\"{unit}\"")
                };
                format!(
                    "{{\"metric\":\"dd_form_{metric}\",\"type\":{kind},\"points\":[{{\"timestamp\":{now},\"value\":{value}}}],\"tags\":[{tags}],\"resources\":[{{\"type\":\"host\",\"name\":\"web-1\"}}]{unit}}}"
                )
            } else {
                let kind = if kind == "count" {
                    "\"count\",\"interval\":60"
                } else {
                    "\"gauge\""
                };
                format!(
                    "{{\"metric\":\"dd_form_{metric}\",\"type\":{kind},\"points\":[[{now},{value}]],\"tags\":[{tags}],\"host\":\"web-1\"}}"
                )
            }
        };
        let env = "\"env:prod\"";
        for item in [
            expected(
                "total",
                "count",
                "18446744073709551615",
                "\"env:prod\",\"method:get\",\"path:/a_b\"",
                "",
            ),
            expected("celsius", "gauge", "-0.25", "\"env:test\"", ""),
            expected("seconds.count", "count", "2", env, ""),
            expected("seconds.sum", "count", "1000000.3", env, "second"),
            expected(
                "seconds.bucket",
                "count",
                "1",
                "\"env:prod\",\"upper_bound:0.5\"",
                "",
            ),
            expected(
                "seconds.bucket",
                "count",
                "1",
                "\"env:prod\",\"upper_bound:inf\"",
                "",
            ),
        ] {
            assert!(text.contains(&item), "{item}\n{text}");
        }
        assert_eq!(text.matches("\"dd_form_").count(), 6);
    }
}

#[test]
fn what_did_not_change_is_not_sent_again_but_for_gauges() {
    let peer = Peer::start(Reply::status(202));
    let metrics = metrics_to(config(&peer));
    wait(metrics.increment_by("dd_change_total", 0, &[])).unwrap();
    wait(metrics.set_gauge("dd_change_celsius", 7, &[])).unwrap();
    wait(metrics.observe_histogram("dd_change_seconds", 0.3, &[])).unwrap();
    let values = |metric: &str| -> Vec<f64> {
        let points = of(&peer.received(), metric);
        points.iter().map(|point| point.value).collect()
    };
    wait(metrics.export()).unwrap();
    wait(metrics.export()).unwrap();
    // At zero a count is news once.
    assert_eq!(values("dd_change_total"), [0.0]);
    assert_eq!(values("dd_change_celsius"), [7.0, 7.0]);
    assert_eq!(values("dd_change_seconds.count"), [1.0]);
    wait(metrics.increment_by("dd_change_total", 5, &[])).unwrap();
    wait(metrics.observe_histogram("dd_change_seconds", 0.3, &[])).unwrap();
    wait(metrics.observe_histogram("dd_change_seconds", 100.0, &[])).unwrap();
    wait(metrics.export()).unwrap();
    assert_eq!(values("dd_change_total"), [0.0, 5.0]);
    assert_eq!(values("dd_change_seconds.count"), [1.0, 2.0]);
    assert_eq!(values("dd_change_seconds.bucket"), [1.0, 1.0, 1.0]);
    let sum: f64 = values("dd_change_seconds.sum").iter().sum();
    assert_eq!(sum, 100.6);
    // Of one series no two points have one timestamp, however fast exports come.
    let mut timestamps: Vec<u64> = of(&peer.received(), "dd_change_celsius")
        .iter()
        .map(|point| point.timestamp)
        .collect();
    timestamps.dedup();
    assert_eq!(timestamps.len(), 3);
}

#[test]
fn counts_are_exact_whatever_of_the_unanswered_arrived() {
    let peer = Peer::start(Reply::status(202));
    let metrics = metrics_to(config(&peer));
    let mut expected = 0.0;
    let mut all = Vec::new();
    let mut acknowledged = Vec::new();
    for trouble in [
        Reply::status(500),
        Reply::status(408),
        Reply::status(429).with("Retry-After", &1),
        Reply::status(502),
        Reply::garbage(),
        Reply::less_than_half(),
        Reply::Nothing,
    ] {
        wait(metrics.increment_by("dd_exact_total", 10, &[])).unwrap();
        wait(metrics.observe_histogram("dd_exact_seconds", 2.0, &[])).unwrap();
        expected += 10.0;
        peer.otherwise(trouble.clone());
        wait(metrics.export()).unwrap_err();
        let first = peer.take();
        // Recorded meanwhile: it must not get into what is sent again.
        wait(metrics.increment_by("dd_exact_total", 1, &[])).unwrap();
        expected += 1.0;
        peer.otherwise(Reply::status(202));
        wait(metrics.export()).unwrap();
        let second = peer.take();
        assert_eq!(first.last().unwrap().body, second[0].body, "{trouble:?}");
        all.extend(first);
        all.extend(second.clone());
        acknowledged.extend(second);
    }
    // If nothing of what was answered badly was taken, and if all of it was.
    for requests in [acknowledged, all] {
        let intake = Intake::of(&requests);
        assert_eq!(intake.sum("dd_exact_total"), expected);
        assert_eq!(intake.sum("dd_exact_seconds.count"), 7.0);
        assert_eq!(intake.sum("dd_exact_seconds.sum"), 14.0);
        assert_eq!(intake.sum("dd_exact_seconds.bucket"), 7.0);
    }
}

#[test]
fn a_cut_off_export_is_sent_again_too() {
    let peer = Peer::start(Reply::Silence);
    let metrics = metrics_to(config(&peer));
    wait(metrics.increment_by("dd_cut_total", 3, &[])).unwrap();
    // The worker gives up after ten seconds.
    let error = wait(metrics.export()).unwrap_err();
    assert_eq!(error.error_type(), "timeout");
    peer.otherwise(Reply::status(202));
    wait(metrics.increment_by("dd_cut_total", 4, &[])).unwrap();
    wait(metrics.export()).unwrap();
    assert_eq!(Intake::of(&peer.take()).sum("dd_cut_total"), 7.0);
}

#[test]
fn a_wrong_key_keeps_the_counts_and_a_refusal_drops_them() {
    let peer = Peer::start(Reply::body(403, "{\"errors\":[\"Forbidden\"]}"));
    let metrics = metrics_to(config(&peer));
    wait(metrics.increment_by("dd_key_total", 3, &[])).unwrap();
    let error = wait(metrics.export()).unwrap_err();
    assert_eq!(error.error_type(), "rejected");
    assert!(
        error
            .to_string()
            .contains("403: {\"errors\":[\"Forbidden\"]}"),
        "{error}"
    );
    assert!(!error.to_string().contains("0123456789abcdef"), "{error}");
    // Not at once again: it would be the same.
    std::thread::sleep(Duration::from_millis(1300));
    assert_eq!(peer.take().len(), 1);
    let other = Peer::start(Reply::status(202));
    peer.otherwise(Reply::redirect(&other.url("/api/v2/series")));
    wait(metrics.export()).unwrap_err();
    assert!(other.received().is_empty(), "the key stays with us");
    peer.take();
    peer.otherwise(Reply::status(202));
    wait(metrics.export()).unwrap();
    assert_eq!(Intake::of(&peer.take()).sum("dd_key_total"), 3.0);
    // What is refused is not sent again; what comes later is.
    let dropped = || {
        let labels = [("exporter", "datadog"), ("result", "dropped")];
        let recordings = instrumetrics::snapshot();
        recordings
            .counter("metrics_export_recordings_total", &labels)
            .unwrap()
    };
    let before = dropped();
    peer.otherwise(Reply::status(400));
    wait(metrics.increment_by("dd_key_total", 5, &[])).unwrap();
    let error = wait(metrics.export()).unwrap_err();
    assert_eq!(error.error_type(), "rejected");
    assert!(dropped() >= before + 5.0);
    peer.take();
    peer.otherwise(Reply::status(202));
    wait(metrics.increment_by("dd_key_total", 7, &[])).unwrap();
    wait(metrics.export()).unwrap();
    assert_eq!(Intake::of(&peer.take()).sum("dd_key_total"), 7.0);
}

#[test]
fn what_is_taken_with_errors_is_delivered_and_reported() {
    let peer = Peer::start(Reply::body(202, "{\"errors\":[\"a tag is odd\"]}"));
    let metrics = metrics_to(config(&peer));
    wait(metrics.increment_by("dd_errors_total", 2, &[])).unwrap();
    let error = wait(metrics.export()).unwrap_err();
    assert!(error.to_string().contains("a tag is odd"), "{error}");
    peer.otherwise(Reply::body(202, "{\"errors\":[]}"));
    wait(metrics.export()).unwrap();
    assert_eq!(Intake::of(&peer.take()).sum("dd_errors_total"), 2.0);
}

#[test]
fn a_request_that_is_too_big_is_sent_in_halves() {
    let peer = Peer::start(Reply::status(202));
    let metrics = metrics_to(config(&peer));
    for n in 0..4000 {
        let labels = [("n", &*n.to_string())];
        wait(metrics.increment_by("dd_halves_total", n, &labels)).unwrap();
    }
    // The last of these begins and ends among the series of one metric.
    peer.script([413, 413, 202, 413].map(Reply::status));
    wait(metrics.export()).unwrap();
    let mut requests = peer.take();
    assert!(requests.len() >= 9, "{}", requests.len());
    for refused in [3, 1, 0] {
        requests.remove(refused);
    }
    let points = of(&requests, "dd_halves_total");
    assert_eq!(points.len(), 4000, "each series once");
    let sum = Intake::of(&requests).sum("dd_halves_total");
    assert_eq!(sum, f64::from(3999 * 4000 / 2));
}

#[test]
fn requests_keep_within_the_limits_when_nothing_can_be_compressed() {
    let peer = Peer::start(Reply::status(202));
    let metrics = Metrics::builder()
        .exporter(DatadogExporter::new(config(&peer)).unwrap())
        .max_label_combinations(20_000)
        .build();
    // Random letters: more than half a megabyte of them stays more than that.
    let mut state = 1_u64;
    for n in 0..8000 {
        let value: String = (0..150)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                char::from(b"abcdefghijklmnopqrstuvwxyz0123456789"[(state >> 33) as usize % 36])
            })
            .collect();
        let labels = [("n", &*n.to_string()), ("value", &*value)];
        wait(metrics.increment("dd_limits_total", &labels)).unwrap();
    }
    wait(metrics.export()).unwrap();
    // `points` looks at the limits.
    let requests = peer.take();
    assert_eq!(of(&requests, "dd_limits_total").len(), 8000);
    assert_eq!(Intake::of(&requests).sum("dd_limits_total"), 8000.0);
    assert!((2..12).contains(&requests.len()), "{}", requests.len());
}

#[test]
fn of_two_series_that_become_one_the_later_is_left_out_and_reported() {
    let peer = Peer::start(Reply::status(202));
    let metrics = metrics_to(config(&peer));
    for (value, count) in [("A", 1), ("a", 2), ("b", 4)] {
        wait(metrics.increment_by("dd_clash_total", count, &[("k", value)])).unwrap();
    }
    // Tags are a set: two labels whose keys become one may stand in either order.
    wait(metrics.increment_by("dd_set_total", 1, &[("K", "x"), ("k", "y")])).unwrap();
    wait(metrics.increment_by("dd_set_total", 2, &[("K", "y"), ("k", "x")])).unwrap();
    // Two names.
    wait(metrics.increment_by("_dd_name_total", 1, &[])).unwrap();
    wait(metrics.increment_by("dd_name_total", 2, &[])).unwrap();
    let before = errors("collision");
    wait(metrics.export()).unwrap();
    let found = |metric: &str| -> Vec<f64> {
        let points = of(&peer.received(), metric);
        points.iter().map(|point| point.value).collect()
    };
    assert_eq!(found("dd_clash_total"), [1.0, 4.0]);
    assert_eq!(found("dd_set_total"), [1.0]);
    assert_eq!(found("dd_name_total"), [1.0]);
    assert!(errors("collision") >= before + 3.0);
    // Later too, when only the later one changes.
    wait(metrics.increment_by("dd_clash_total", 8, &[("k", "a")])).unwrap();
    wait(metrics.export()).unwrap();
    assert_eq!(found("dd_clash_total"), [1.0, 4.0]);
    // A label that is the tag of a bucket.
    wait(metrics.observe_histogram("dd_bound_seconds", 1.0, &[("Upper_Bound", "0.5")])).unwrap();
    wait(metrics.export()).unwrap();
    assert_eq!(found("dd_bound_seconds.count"), [1.0]);
    assert_eq!(found("dd_bound_seconds.bucket"), [0.0; 0]);
}

type Change = dyn Fn(&mut DatadogConfig);

#[test]
fn settings_that_cannot_work_are_refused_and_the_key_is_not_shown() {
    let fine = || DatadogConfig {
        api_key: "sesame".into(),
        ..DatadogConfig::default()
    };
    let shown = format!("{:?} {:?}", fine(), DatadogExporter::new(fine()).unwrap());
    assert!(!shown.contains("sesame"), "{shown}");
    let changes: [(&Change, &str); 7] = [
        (&|config| config.api_key = "".into(), "missing_value"),
        (
            &|config| config.api_key = "sesame\n".into(),
            "invalid_variable",
        ),
        (
            &|config| config.api_key = "ses\u{7f}ame".into(),
            "invalid_variable",
        ),
        (
            &|config| config.site = Some("https://datadoghq.eu".to_owned()),
            "invalid_variable",
        ),
        (
            &|config| config.url = Some("datadoghq.eu".to_owned()),
            "invalid_variable",
        ),
        (
            &|config| config.host = Some("a\"b".to_owned()),
            "invalid_variable",
        ),
        (
            &|config| config.const_labels = vec![("a-b".to_owned(), "c".to_owned())],
            "invalid_variable",
        ),
    ];
    for (change, error_type) in changes {
        let mut config = fine();
        change(&mut config);
        let error = DatadogExporter::new(config).unwrap_err();
        assert_eq!(error.error_type(), error_type, "{error}");
        assert!(!error.to_string().contains("sesame"), "{error}");
    }
}

#[test]
fn whatever_is_in_labels_the_payload_is_as_the_reference_has_it() {
    let peer = Peer::start(Reply::status(202));
    proptest!(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() }, |(
        a in "\\PC{0,40}|[\\x00-\\x7f]{1,40}",
        b in any::<String>(),
        label in "[a-zA-Z_][a-zA-Z0-9_]{0,20}",
        value in -1e300..1e300_f64,
        count in any::<u64>(),
    )| {
        prop_assume!(!label.starts_with("__") && !["le", "quantile", "b"].contains(&&*label));
        let exporter = DatadogExporter::new(config(&peer)).unwrap();
        let metrics = Metrics::new(exporter);
        let labels = [(&*label, &*a), ("b", &*b)];
        wait(metrics.set_gauge("dd_any_ratio", value, &labels)).unwrap();
        wait(metrics.increment_by("dd_any_total", count, &labels)).unwrap();
        peer.take();
        wait(metrics.export()).unwrap();
        let requests = peer.take();
        wait(metrics.shutdown(Duration::from_secs(5))).unwrap();
        let gauges = of(&requests, "dd_any_ratio");
        prop_assert_eq!(gauges.len(), 1);
        // The reader rounds to some number very near.
        prop_assert!((gauges[0].value - value).abs() <= value.abs() * 1e-15);
        #[expect(clippy::cast_precision_loss, reason = "as JSON readers do")]
        let count = count as f64;
        prop_assert_eq!(Intake::of(&requests).sum("dd_any_total"), count);
    });
}
