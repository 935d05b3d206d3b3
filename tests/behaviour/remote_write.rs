//! Remote write: what arrives, as another's decoder reads it, and what each answer leads to.

use crate::peer::{Peer, Received, Reply};
use crate::push::wait;
use instrumetrics::{
    Counter, Descriptor, Format, Metrics, RemoteWriteConfig, RemoteWriteExporter,
    create_prometheus_exporter,
};
use proptest::prelude::*;
use prost::Message;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The messages as `prompb/remote.proto` and `prompb/types.proto` of Prometheus have them.
mod wire {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct WriteRequest {
        #[prost(message, repeated, tag = "1")]
        pub(super) timeseries: Vec<TimeSeries>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct TimeSeries {
        #[prost(message, repeated, tag = "1")]
        pub(super) labels: Vec<Label>,
        #[prost(message, repeated, tag = "2")]
        pub(super) samples: Vec<Sample>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Label {
        #[prost(string, tag = "1")]
        pub(super) name: String,
        #[prost(string, tag = "2")]
        pub(super) value: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Sample {
        #[prost(double, tag = "1")]
        pub(super) value: f64,
        #[prost(int64, tag = "2")]
        pub(super) timestamp: i64,
    }
}

/// `name=value` of all labels but `job` and `instance`, and the sample.
type Samples = BTreeMap<String, (f64, i64)>;

/// The samples of requests whose metric begins with `prefix`, each series once.
fn samples(requests: &[Received], prefix: &str) -> Samples {
    let mut samples = Samples::new();
    for request in requests {
        let plain = snap::raw::Decoder::new()
            .decompress_vec(&request.body)
            .unwrap();
        for series in wire::WriteRequest::decode(&*plain).unwrap().timeseries {
            let names: Vec<&str> = series.labels.iter().map(|label| &*label.name).collect();
            assert!(
                names.windows(2).all(|pair| pair[0] < pair[1]),
                "sorted, and none twice: {names:?}"
            );
            let labels = series.labels.iter();
            let name = labels.clone().find(|label| label.name == "__name__");
            if !name.unwrap().value.starts_with(prefix) {
                continue;
            }
            let rest = labels.filter(|label| !["job", "instance"].contains(&&*label.name));
            let key: Vec<String> = rest
                .map(|label| format!("{}={}", label.name, label.value))
                .collect();
            let [sample] = &series.samples[..] else {
                panic!("{series:?}")
            };
            let before = samples.insert(key.join(";"), (sample.value, sample.timestamp));
            assert_eq!(before, None, "twice: {key:?}");
        }
    }
    samples
}

/// Only the values.
fn values(requests: &[Received], prefix: &str) -> BTreeMap<String, f64> {
    let samples = samples(requests, prefix).into_iter();
    samples.map(|(key, (value, _))| (key, value)).collect()
}

fn config(peer: &Peer) -> RemoteWriteConfig {
    RemoteWriteConfig {
        url: peer.url("/api/v1/write"),
        job: Some("test".to_owned()),
        instance: Some("here".to_owned()),
        // Exports are asked for.
        interval: Duration::from_secs(3600),
        ..RemoteWriteConfig::default()
    }
}

fn metrics_to(config: RemoteWriteConfig) -> Metrics {
    Metrics::new(RemoteWriteExporter::new(config).unwrap())
}

fn millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_millis().try_into().unwrap()
}

#[test]
fn each_kind_arrives_as_it_would_be_scraped() {
    let peer = Peer::start(Reply::status(204));
    let metrics = metrics_to(RemoteWriteConfig {
        const_labels: vec![
            ("Region".to_owned(), "eu".to_owned()),
            ("path".to_owned(), "constant".to_owned()),
            ("none".to_owned(), String::new()),
        ],
        headers: vec![("X-Scope-OrgID".to_owned(), "tenant".into())],
        bearer_token: Some("abc".into()),
        ..config(&peer)
    });
    let labels = [("path", "/a"), ("_x", "1"), ("zone", "")];
    wait(metrics.increment_by("rw_kinds_total", (1_u64 << 53) - 1, &labels)).unwrap();
    wait(metrics.set_gauge("rw_kinds_celsius", -18.5, &[])).unwrap();
    for seconds in [0.001, 0.3, 0.3, 2000.0] {
        wait(metrics.observe_histogram("rw_kinds_seconds", seconds, &[("le_", "x")])).unwrap();
    }
    let before = millis();
    wait(metrics.export()).unwrap();
    let requests = peer.take();
    for request in &requests {
        assert_eq!(
            (&*request.method, &*request.path),
            ("POST", "/api/v1/write")
        );
        for (name, value) in [
            ("content-encoding", "snappy"),
            ("content-type", "application/x-protobuf"),
            ("x-prometheus-remote-write-version", "0.1.0"),
            ("x-scope-orgid", "tenant"),
            ("authorization", "Bearer abc"),
        ] {
            assert_eq!(request.header(name), Some(value), "{name}");
        }
        assert!(
            request
                .header("user-agent")
                .unwrap()
                .starts_with("instrumetrics/")
        );
    }
    let found = values(&requests, "rw_kinds_");
    let mut expected = BTreeMap::new();
    let mut add = |key: &str, value: f64| expected.insert(key.to_owned(), value);
    add(
        "Region=eu;__name__=rw_kinds_total;_x=1;path=/a",
        9_007_199_254_740_991.0,
    );
    add("Region=eu;__name__=rw_kinds_celsius;path=constant", -18.5);
    for (le, count) in [
        ("0.005", 1.0),
        ("0.01", 1.0),
        ("0.025", 1.0),
        ("0.05", 1.0),
        ("0.1", 1.0),
        ("0.25", 1.0),
        ("0.5", 3.0),
        ("1.0", 3.0),
        ("2.5", 3.0),
        ("5.0", 3.0),
        ("10.0", 3.0),
        ("+Inf", 4.0),
    ] {
        add(
            &format!("Region=eu;__name__=rw_kinds_seconds_bucket;le={le};le_=x;path=constant"),
            count,
        );
    }
    let rest = "le_=x;path=constant";
    add(
        &format!("Region=eu;__name__=rw_kinds_seconds_count;{rest}"),
        4.0,
    );
    add(
        &format!("Region=eu;__name__=rw_kinds_seconds_sum;{rest}"),
        2000.601,
    );
    assert_eq!(found, expected);
    let all = samples(&requests, "rw_kinds_");
    for (_, timestamp) in all.values() {
        assert!((before..=millis()).contains(timestamp), "{timestamp}");
    }
}

#[test]
fn bounds_are_spelled_as_in_the_text_format() {
    let peer = Peer::start(Reply::status(200));
    let metrics = Metrics::builder()
        .exporter(RemoteWriteExporter::new(config(&peer)).unwrap())
        .exporter(create_prometheus_exporter().unwrap())
        .build();
    wait(metrics.observe_histogram("rw_bounds_bytes", 1e6, &[])).unwrap();
    wait(metrics.export()).unwrap();
    let text = metrics.prometheus_exporter().unwrap().encode(Format::Text);
    let les = |line: &str| {
        Some(
            line.split_once("rw_bounds_bytes_bucket{le=\"")?
                .1
                .split_once('"')?
                .0
                .to_owned(),
        )
    };
    let mut scraped: Vec<String> = text.lines().filter_map(les).collect();
    scraped.sort();
    let pushed = values(&peer.take(), "rw_bounds_bytes_bucket");
    let le = |key: &String| key.split_once("le=").unwrap().1.to_owned();
    let mut pushed: Vec<String> = pushed.keys().map(le).collect();
    pushed.sort();
    assert_eq!(pushed, scraped);
    assert!(pushed.contains(&"1.048576e+06".to_owned()), "{pushed:?}");
}

#[test]
fn no_two_samples_of_a_series_have_one_timestamp() {
    let peer = Peer::start(Reply::status(204));
    let metrics = metrics_to(config(&peer));
    let mut last = 0;
    for n in 1..=20 {
        wait(metrics.increment("rw_moments_total", &[])).unwrap();
        wait(metrics.export()).unwrap();
        let found = samples(&peer.take(), "rw_moments_total");
        let (value, timestamp) = found["__name__=rw_moments_total"];
        assert_eq!(value, f64::from(n));
        assert!(timestamp > last, "{timestamp} after {last}");
        last = timestamp;
    }
}

#[test]
fn requests_are_bounded_and_no_histogram_is_split() {
    let peer = Peer::start(Reply::status(204));
    let metrics = metrics_to(RemoteWriteConfig {
        max_samples_per_request: 20,
        ..config(&peer)
    });
    for n in 0..45 {
        let value = n.to_string();
        wait(metrics.increment("rw_bounded_total", &[("n", &*value)])).unwrap();
        wait(metrics.observe_histogram("rw_bounded_seconds", 1.0, &[("n", &*value)])).unwrap();
    }
    wait(metrics.export()).unwrap();
    let requests = peer.take();
    for request in &requests {
        let one = std::slice::from_ref(request);
        let all = samples(one, "");
        assert!((1..=20).contains(&all.len()), "{}", all.len());
        let histograms = samples(one, "rw_bounded_seconds");
        assert_eq!(histograms.len() % 14, 0);
    }
    // All with one timestamp, and each series once.
    let all = samples(&requests, "rw_bounded_");
    assert_eq!(all.len(), 45 * 15);
    let first = all.values().next().unwrap().1;
    assert!(all.values().all(|(_, timestamp)| *timestamp == first));
}

#[test]
fn what_is_refused_is_not_sent_again_and_the_rest_is_sent() {
    let peer = Peer::start(Reply::status(204));
    let metrics = metrics_to(RemoteWriteConfig {
        max_samples_per_request: 5,
        ..config(&peer)
    });
    for n in 0..20 {
        wait(metrics.increment("rw_refused_total", &[("n", &*n.to_string())])).unwrap();
    }
    peer.script([Reply::body(400, "out of order sample")]);
    let error = wait(metrics.export()).unwrap_err();
    assert_eq!(error.error_type(), "rejected");
    assert!(
        error
            .to_string()
            .contains("the peer answered 400: out of order sample"),
        "{error}"
    );
    let requests = peer.take();
    // Each series was in one request, that of the refusal among them.
    assert!(requests.len() > 4);
    samples(&requests, "");
    // The next totals have everything.
    wait(metrics.increment("rw_refused_total", &[("n", "0")])).unwrap();
    wait(metrics.export()).unwrap();
    let found = values(&peer.take(), "rw_refused_total");
    assert_eq!(found.values().sum::<f64>(), 21.0);
}

#[test]
fn a_peer_in_trouble_is_tried_again_until_it_has_everything() {
    let peer = Peer::start(Reply::status(204));
    let metrics = metrics_to(config(&peer));
    let troubles = [
        (Reply::status(500), "rejected"),
        (Reply::body(503, "busy"), "rejected"),
        (Reply::status(429).with("Retry-After", &1), "rejected"),
        (Reply::garbage(), "io"),
        (Reply::less_than_half(), "io"),
        (Reply::Nothing, "io"),
    ];
    for (n, (trouble, error_type)) in (1..).zip(troubles) {
        wait(metrics.increment("rw_trouble_total", &[])).unwrap();
        peer.otherwise(trouble.clone());
        let error = wait(metrics.export()).unwrap_err();
        assert_eq!(error.error_type(), error_type, "{trouble:?}: {error}");
        peer.otherwise(Reply::status(204));
        peer.take();
        wait(metrics.export()).unwrap();
        let found = values(&peer.take(), "rw_trouble_total");
        assert_eq!(found["__name__=rw_trouble_total"], f64::from(n));
    }
    // A redirect would take our token to somebody else.
    let other = Peer::start(Reply::status(204));
    peer.otherwise(Reply::redirect(&other.url("/")));
    let error = wait(metrics.export()).unwrap_err();
    assert!(error.to_string().contains("307"), "{error}");
    assert!(other.received().is_empty());
    // An answer that breaks off after its status is an answer.
    peer.otherwise(Reply::half());
    wait(metrics.export()).unwrap();
}

#[test]
fn it_is_sent_again_by_itself_and_the_account_balances() {
    static COUNTED: Counter = Counter::new(&Descriptor::counter("rw_account_total", "Counted."));
    let peer = Peer::start(Reply::status(503));
    let metrics = metrics_to(RemoteWriteConfig {
        interval: Duration::from_millis(50),
        max_samples_per_request: 1_000_000,
        ..config(&peer)
    });
    COUNTED.inc_by(100);
    peer.wait_for(3);
    let account = |what: &str| {
        let snapshot = instrumetrics::snapshot();
        let exporter = ("exporter", "remote_write");
        match what {
            "pending" => snapshot.gauge("metrics_export_recordings_pending", &[exporter]),
            result => snapshot.counter(
                "metrics_export_recordings_total",
                &[exporter, ("result", result)],
            ),
        }
        .unwrap()
    };
    let delivered = account("delivered");
    peer.otherwise(Reply::status(200));
    wait(metrics.export()).unwrap();
    assert!(account("delivered") >= delivered + 100.0);
    wait(metrics.shutdown(Duration::from_secs(5))).unwrap();
    let last = peer.take().pop().unwrap();
    let found = values(&[last], "rw_account_total");
    assert_eq!(found["__name__=rw_account_total"], 100.0);
}

#[test]
fn the_last_values_are_sent_on_shutdown() {
    let peer = Peer::start(Reply::status(204));
    let metrics = metrics_to(config(&peer));
    wait(metrics.increment("rw_last_total", &[])).unwrap();
    wait(metrics.shutdown(Duration::from_secs(5))).unwrap();
    let found = values(&peer.take(), "rw_last_total");
    assert_eq!(found["__name__=rw_last_total"], 1.0);
    // A peer that says nothing does not hold it up.
    let peer = Peer::start(Reply::Silence);
    let metrics = metrics_to(config(&peer));
    let begin = std::time::Instant::now();
    let error = wait(metrics.shutdown(Duration::from_millis(200))).unwrap_err();
    assert_eq!(error.error_type(), "timeout");
    assert!(begin.elapsed() < Duration::from_secs(3));
}

#[test]
fn settings_that_cannot_work_are_refused_and_secrets_are_not_shown() {
    let fine = || RemoteWriteConfig {
        url: "http://localhost:1/write".to_owned(),
        bearer_token: Some("sesame".into()),
        headers: vec![("X-Key".to_owned(), "simsim".into())],
        ..RemoteWriteConfig::default()
    };
    let shown = format!(
        "{:?} {:?}",
        fine(),
        RemoteWriteExporter::new(fine()).unwrap()
    );
    assert!(
        !shown.contains("sesame") && !shown.contains("simsim"),
        "{shown}"
    );
    let refused = |change: &dyn Fn(&mut RemoteWriteConfig)| {
        let mut config = fine();
        change(&mut config);
        RemoteWriteExporter::new(config).unwrap_err()
    };
    let missing = refused(&|config| config.url.clear());
    assert_eq!(missing.error_type(), "missing_value");
    let changes: [&dyn Fn(&mut RemoteWriteConfig); 8] = [
        &|config| config.url = "localhost:9090".to_owned(),
        &|config| config.url = "http://user:secret@localhost/write".to_owned(),
        &|config| config.bearer_token = Some("a\r\nX: y".into()),
        &|config| config.basic_auth = Some("a:b".into()),
        &|config| config.headers = vec![("X-Key".to_owned(), "a\nb".into())],
        &|config| config.headers = vec![("X Key".to_owned(), "a".into())],
        &|config| config.max_samples_per_request = 0,
        &|config| config.const_labels = vec![("le".to_owned(), "a".to_owned())],
    ];
    for change in changes {
        let error = refused(change);
        assert_eq!(error.error_type(), "invalid_variable", "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let twice = refused(&|config| {
        config.job = Some("a".to_owned());
        config.const_labels = vec![("job".to_owned(), "b".to_owned())];
    });
    assert_eq!(twice.error_type(), "conflict");
}

#[test]
fn any_label_value_and_any_number_arrive_as_they_are() {
    let peer = Peer::start(Reply::status(204));
    proptest!(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() }, |(
        a in "\\PC{0,20}|[\\x00-\\x7f]{1,20}",
        b in any::<String>(),
        gauge in -1e300..1e300_f64,
        count in 1..1_u64 << 53,
    )| {
        // What is over 256 bytes is cut; that is another matter.
        let cut = |text: &str| text.chars().take(60).collect::<String>();
        let (a, b) = (cut(&a), cut(&b));
        let labels = [("a", &*a), ("b", &*b)];
        let exporter = RemoteWriteExporter::new(config(&peer)).unwrap();
        let metrics = Metrics::new(exporter);
        wait(metrics.set_gauge("rw_any_ratio", gauge, &labels)).unwrap();
        wait(metrics.increment_by("rw_any_total", count, &labels)).unwrap();
        peer.take();
        wait(metrics.export()).unwrap();
        let found = values(&peer.take(), "rw_any_");
        wait(metrics.shutdown(Duration::from_secs(5))).unwrap();
        let label = |name: &str, value: &str| if value.is_empty() { String::new() } else { format!(";{name}={value}") };
        let rest = format!("{}{}", label("a", &a), label("b", &b));
        #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
        let count = count as f64;
        prop_assert_eq!(found.get(&format!("__name__=rw_any_ratio{rest}")), Some(&gauge));
        prop_assert_eq!(found.get(&format!("__name__=rw_any_total{rest}")), Some(&count));
        prop_assert_eq!(found.len(), 2);
    });
}
