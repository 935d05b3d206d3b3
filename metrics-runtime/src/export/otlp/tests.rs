//! What is encoded, against the specification's own examples and through the decoders of `opentelemetry-proto`.
//!
//! In one file, since everything here reads requests of one fixture in one way.

use super::config::{OtlpConfig, OtlpProtocol, OtlpTemporality};
use super::encoding::{Encoder, Labels, Source};
use crate::cells;
use crate::descriptor::{Descriptor, Kind, Site};
use crate::export::push::{Baseline, Place};
use crate::export::sources::Sources;
use crate::family::{Cap, Definition, Family};
use crate::registry::Registry;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{
    HistogramDataPoint, Metric, NumberDataPoint, metric, number_data_point,
};
use proptest::prelude::*;
use prost::Message;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

const NO_LIMIT: usize = usize::MAX;

/// Metrics that only this test has, beside those of the process.
struct Fixture {
    registry: Arc<Registry>,
    sources: Sources,
    baseline: Baseline,
}

impl Fixture {
    fn new() -> Self {
        let registry = Arc::new(Registry::new(Arc::new(Cap::new(10_000)), 100_000));
        let sources = Sources::new("otlp_test");
        sources.attach(&registry);
        Self {
            registry,
            sources,
            baseline: Baseline::default(),
        }
    }

    fn family(&self, name: &str, kind: Kind, real: bool, labels: &[&str]) -> Arc<Family> {
        let family = self
            .registry
            .find_or_insert(name, usize::MAX, || Definition {
                name: Cow::Owned(name.to_owned()),
                help: Cow::Owned(format!("Help of {name}.")),
                kind,
                real,
                labels: labels
                    .iter()
                    .map(|label| Cow::Owned((*label).to_owned()))
                    .collect(),
                bounds: match kind {
                    Kind::Histogram => &[0.5, 1.0, 1e20],
                    Kind::Counter | Kind::Gauge => &[],
                },
                unit: instrumetrics_grammar::unit_of(name),
                namespaced: false,
                max_series: None,
                collected: false,
                site: Site {
                    file: "",
                    line: 0,
                    module: "",
                },
                listed: None,
            });
        family.unwrap()
    }

    /// All requests, as they are on the wire, and how many points they claim.
    fn encode(
        &mut self,
        encoder: &mut Encoder,
        temporality: OtlpTemporality,
        limit: usize,
    ) -> (Vec<Vec<u8>>, u64) {
        self.baseline.read(&self.sources);
        let (mut requests, mut points) = (Vec::new(), 0);
        let (mut body, mut places) = (b"old".to_vec(), vec![Place::default()]);
        let mut from = Place::default();
        loop {
            let source = Source {
                baseline: &self.baseline,
                from,
                temporality,
                limit,
            };
            let contents = encoder.encode(&mut body, &mut places, source);
            assert_eq!(places.len() as u64, contents.points);
            assert!(
                body.len() <= limit || contents.points == 1,
                "{} of {limit}",
                body.len()
            );
            points += contents.points;
            requests.push(body.clone());
            match contents.next {
                Some(next) => from = next,
                None => return (requests, points),
            }
        }
    }

    /// As if all had been delivered.
    fn deliver(&mut self) {
        let places: Vec<Place> = self.baseline.changes().map(|change| change.place).collect();
        for place in places {
            self.baseline.deliver(place);
        }
    }
}

fn encoder(protocol: OtlpProtocol, constant: &[(&str, &str)]) -> Encoder {
    let constant: Labels = constant
        .iter()
        .map(|(k, v)| ((*k).into(), (*v).into()))
        .collect();
    let resource = [("service.name".to_owned(), "te\"st".to_owned())];
    Encoder::new(protocol, &resource, &constant)
}

fn decode(protocol: OtlpProtocol, request: &[u8]) -> ExportMetricsServiceRequest {
    if protocol == OtlpProtocol::HttpJson {
        return serde_json::from_slice(request).unwrap();
    }
    let decoded = ExportMetricsServiceRequest::decode(request).unwrap();
    assert!(decoded.encode_to_vec() == request, "not as prost writes it");
    decoded
}

/// The metrics of requests of which one begins with a prefix; of one resource and one scope.
fn metrics(requests: &[ExportMetricsServiceRequest], prefix: &str) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for request in requests {
        let [resource] = &request.resource_metrics[..] else {
            panic!("{request:?}")
        };
        let [scope] = &resource.scope_metrics[..] else {
            panic!("{request:?}")
        };
        let attributes = &resource.resource.as_ref().unwrap().attributes;
        assert_eq!(
            text_of(&attributes[0]),
            ("service.name".to_owned(), "te\"st".to_owned())
        );
        assert_eq!(scope.scope.as_ref().unwrap().name, "instrumetrics");
        for metric in &scope.metrics {
            if metric.name.starts_with(prefix) {
                metrics.push(metric.clone());
            }
        }
    }
    metrics
}

fn text_of(attribute: &KeyValue) -> (String, String) {
    match attribute.value.as_ref().unwrap().value.as_ref().unwrap() {
        any_value::Value::StringValue(text) => (attribute.key.clone(), text.clone()),
        other => panic!("{other:?}"),
    }
}

fn attributes_of(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let map: BTreeMap<_, _> = attributes.iter().map(text_of).collect();
    assert_eq!(map.len(), attributes.len(), "an attribute twice");
    map
}

fn numbers(metric: &Metric) -> &[NumberDataPoint] {
    match metric.data.as_ref().unwrap() {
        metric::Data::Sum(sum) => &sum.data_points,
        metric::Data::Gauge(gauge) => &gauge.data_points,
        other => panic!("{other:?}"),
    }
}

fn histograms(metric: &Metric) -> &[HistogramDataPoint] {
    match metric.data.as_ref().unwrap() {
        metric::Data::Histogram(histogram) => &histogram.data_points,
        other => panic!("{other:?}"),
    }
}

#[test]
fn json_is_as_the_specification_shows() {
    let mut fixture = Fixture::new();
    let family = fixture.family(
        "otlp_json_bytes_total",
        Kind::Counter,
        false,
        &["my.counter.attr"],
    );
    cells::add(
        family
            .series_of(&["some \"value\"\n\u{1}"])
            .unwrap()
            .series
            .cell(),
        5,
    );
    let gauge = fixture.family("otlp_json_ratio", Kind::Gauge, false, &[]);
    gauge
        .series_of(&[])
        .unwrap()
        .series
        .gauge()
        .unwrap()
        .set(10.25);
    let histogram = fixture.family("otlp_json_seconds", Kind::Histogram, false, &[]);
    cells::observe(histogram.series_of(&[]).unwrap().series.cell(), 0, 0.25);
    cells::observe(histogram.series_of(&[]).unwrap().series.cell(), 3, 1e21);
    let mut encoder = encoder(
        OtlpProtocol::HttpJson,
        &[("region", "eu"), ("my.counter.attr", "x")],
    );
    let (requests, _) = fixture.encode(&mut encoder, OtlpTemporality::Cumulative, NO_LIMIT);
    let text = std::str::from_utf8(&requests[0]).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let head = format!(
        r#"{{"resourceMetrics":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"te\"st"}}}}]}},"scopeMetrics":[{{"scope":{{"name":"instrumetrics","version":"{version}"}},"metrics":[{{"#
    );
    assert!(text.starts_with(&head), "{text}");
    assert!(text.ends_with("]}]}]}"), "{text}");
    let time = fixture.baseline.read_at();
    let born = fixture
        .baseline
        .changes()
        .find(|change| std::ptr::eq(change.family, &raw const *family))
        .unwrap()
        .times
        .born;
    assert!(born < time);
    for expected in [
        format!(
            r#"{{"name":"otlp_json_bytes_total","description":"Help of otlp_json_bytes_total.","unit":"By","sum":{{"isMonotonic":true,"aggregationTemporality":2,"dataPoints":[{{"attributes":[{{"key":"region","value":{{"stringValue":"eu"}}}},{{"key":"my.counter.attr","value":{{"stringValue":"some \"value\"\n\u0001"}}}}],"startTimeUnixNano":"{born}","timeUnixNano":"{time}","asInt":"5"}}]}}}}"#
        ),
        format!(
            r#"{{"name":"otlp_json_ratio","description":"Help of otlp_json_ratio.","unit":"1","gauge":{{"dataPoints":[{{"attributes":[{{"key":"my.counter.attr","value":{{"stringValue":"x"}}}},{{"key":"region","value":{{"stringValue":"eu"}}}}],"timeUnixNano":"{time}","asDouble":10.25}}]}}}}"#
        ),
        format!(
            r#"{{"name":"otlp_json_seconds","description":"Help of otlp_json_seconds.","unit":"s","histogram":{{"aggregationTemporality":2,"dataPoints":[{{"attributes":[{{"key":"my.counter.attr","value":{{"stringValue":"x"}}}},{{"key":"region","value":{{"stringValue":"eu"}}}}],"startTimeUnixNano":"{born}","timeUnixNano":"{time}","count":"2","sum":1e21,"bucketCounts":["1","0","0","1"],"explicitBounds":[0.5,1.0,1e20]}}]}}}}"#
        ),
    ] {
        // Constant labels are sent in the order in which they are kept.
        let other = expected.replace(
            r#"{"key":"my.counter.attr","value":{"stringValue":"x"}},{"key":"region","value":{"stringValue":"eu"}}"#,
            r#"{"key":"region","value":{"stringValue":"eu"}},{"key":"my.counter.attr","value":{"stringValue":"x"}}"#,
        );
        assert!(text.contains(&other), "{other}\nis not in\n{text}");
    }
}

#[test]
fn protobuf_is_as_the_specification_says() {
    let mut fixture = Fixture::new();
    let family = fixture.family("otlp_pb_seconds_total", Kind::Counter, true, &["k"]);
    cells::add_f64(family.series_of(&["v"]).unwrap().series.cell(), 0.5);
    let mut encoder = encoder(OtlpProtocol::HttpProtobuf, &[]);
    let (requests, _) = fixture.encode(&mut encoder, OtlpTemporality::Delta, NO_LIMIT);
    let request = &requests[0];
    let born = fixture
        .baseline
        .changes()
        .find(|change| std::ptr::eq(change.family, &raw const *family))
        .unwrap()
        .times
        .born;
    let mut expected =
        b"\x0a\x15otlp_pb_seconds_total\x12\x1eHelp of otlp_pb_seconds_total.\x1a\x01s".to_vec();
    // Sum: one point of 37 bytes, delta, monotonic.
    expected.extend(b"\x3a\x2b\x0a\x25");
    expected.extend(b"\x11");
    expected.extend(born.to_le_bytes());
    expected.extend(b"\x19");
    expected.extend(fixture.baseline.read_at().to_le_bytes());
    expected.extend(b"\x21");
    expected.extend(0.5_f64.to_le_bytes());
    expected.extend(b"\x3a\x08\x0a\x01k\x12\x03\x0a\x01v");
    expected.extend(b"\x10\x01\x18\x01");
    let found = request
        .windows(expected.len())
        .any(|window| window == expected);
    assert!(found, "{request:x?}");
    assert_eq!(
        metrics(&[decode(OtlpProtocol::HttpProtobuf, request)], "otlp_pb_").len(),
        1
    );
}

#[test]
fn differences_follow_one_another_without_a_gap() {
    let mut fixture = Fixture::new();
    let counter = fixture.family("otlp_delta_total", Kind::Counter, false, &["l"]);
    let histogram = fixture.family("otlp_delta_seconds", Kind::Histogram, false, &[]);
    let gauge = fixture.family("otlp_delta_temperature", Kind::Gauge, false, &[]);
    gauge
        .series_of(&[])
        .unwrap()
        .series
        .gauge()
        .unwrap()
        .set(3.0);
    let (a, b, h) = (
        counter.series_of(&["a"]).unwrap().series,
        counter.series_of(&["b"]).unwrap().series,
        histogram.series_of(&[]).unwrap().series,
    );
    cells::add(a.cell(), 3);
    cells::observe(h.cell(), 1, 0.75);
    let mut encoder = encoder(OtlpProtocol::HttpProtobuf, &[]);
    let mut export = |fixture: &mut Fixture| {
        let (requests, _) = fixture.encode(&mut encoder, OtlpTemporality::Delta, NO_LIMIT);
        let requests: Vec<_> = requests
            .iter()
            .map(|request| decode(OtlpProtocol::HttpProtobuf, request))
            .collect();
        metrics(&requests, "otlp_delta_")
    };
    let first = export(&mut fixture);
    assert_eq!(first.len(), 3, "{first:?}");
    let point = |metrics: &[Metric], name: &str| {
        let metric = metrics.iter().find(|metric| metric.name == name).unwrap();
        numbers(metric)[0].clone()
    };
    let [seconds, temperature, total] = &first[..] else {
        panic!()
    };
    assert_eq!(histograms(seconds)[0].bucket_counts, [0, 1, 0, 0]);
    assert_eq!(
        numbers(temperature)[0].value,
        Some(number_data_point::Value::AsDouble(3.0))
    );
    // `b` has nothing to say.
    assert_eq!(numbers(total).len(), 1);
    let begin = point(&first, "otlp_delta_total");
    // Not delivered: it is still there, and longer.
    cells::add(b.cell(), 1);
    let second = export(&mut fixture);
    let again = point(&second, "otlp_delta_total");
    assert_eq!(again.value, Some(number_data_point::Value::AsInt(3)));
    assert_eq!(again.start_time_unix_nano, begin.start_time_unix_nano);
    assert!(again.time_unix_nano > begin.time_unix_nano);
    fixture.deliver();
    // Delivered: the gauge alone is sent again.
    let third = export(&mut fixture);
    assert_eq!(third.len(), 1, "{third:?}");
    assert_eq!(third[0].name, "otlp_delta_temperature");
    cells::add(a.cell(), 4);
    cells::observe(h.cell(), 1, 0.25);
    let fourth = export(&mut fixture);
    let next = point(&fourth, "otlp_delta_total");
    assert_eq!(next.value, Some(number_data_point::Value::AsInt(4)));
    // Nothing was recorded in the interval before.
    assert_eq!(
        next.start_time_unix_nano,
        numbers(&third[0])[0].time_unix_nano
    );
    let seconds = fourth
        .iter()
        .find(|metric| metric.name == "otlp_delta_seconds")
        .unwrap();
    let [point] = histograms(seconds) else {
        panic!()
    };
    assert_eq!((point.count, point.sum), (1, Some(0.25)));
    assert_eq!(point.bucket_counts, [0, 1, 0, 0]);
}

#[test]
fn a_series_begins_when_it_was_not_there_yet() {
    let mut fixture = Fixture::new();
    let family = fixture.family("otlp_born_total", Kind::Counter, false, &["l"]);
    cells::add(family.series_of(&["early"]).unwrap().series.cell(), 1);
    let mut encoder = encoder(OtlpProtocol::HttpProtobuf, &[]);
    let mut export = |fixture: &mut Fixture| {
        let (requests, _) = fixture.encode(&mut encoder, OtlpTemporality::Cumulative, NO_LIMIT);
        let request = decode(OtlpProtocol::HttpProtobuf, &requests[0]);
        numbers(&metrics(&[request], "otlp_born_")[0]).to_vec()
    };
    let first = export(&mut fixture);
    fixture.deliver();
    cells::add(family.series_of(&["late"]).unwrap().series.cell(), 1);
    let second = export(&mut fixture);
    let [early, late] = &second[..] else { panic!() };
    assert_eq!(early.start_time_unix_nano, first[0].start_time_unix_nano);
    assert_eq!(late.start_time_unix_nano, first[0].time_unix_nano);
    assert!(late.time_unix_nano > late.start_time_unix_nano);
}

#[test]
fn what_json_and_protobuf_have_no_numbers_for_is_left_out() {
    let mut fixture = Fixture::new();
    let counter = fixture.family("otlp_odd_total", Kind::Counter, true, &[]);
    cells::add_f64(counter.series_of(&[]).unwrap().series.cell(), f64::MAX);
    cells::add_f64(counter.series_of(&[]).unwrap().series.cell(), f64::MAX);
    let large = fixture.family("otlp_odd_large_total", Kind::Counter, false, &[]);
    cells::add(large.series_of(&[]).unwrap().series.cell(), u64::MAX);
    let histogram = fixture.family("otlp_odd_seconds", Kind::Histogram, false, &["l"]);
    cells::observe(
        histogram.series_of(&["endless"]).unwrap().series.cell(),
        3,
        f64::MAX,
    );
    cells::observe(
        histogram.series_of(&["endless"]).unwrap().series.cell(),
        3,
        f64::MAX,
    );
    cells::observe(
        histogram.series_of(&["negative"]).unwrap().series.cell(),
        0,
        -2.0,
    );
    for protocol in [OtlpProtocol::HttpJson, OtlpProtocol::HttpProtobuf] {
        let mut encoder = encoder(protocol, &[]);
        let (requests, _) = fixture.encode(&mut encoder, OtlpTemporality::Cumulative, NO_LIMIT);
        let metrics = metrics(&[decode(protocol, &requests[0])], "otlp_odd_");
        let [large, seconds, _] = &metrics[..] else {
            panic!("{metrics:?}")
        };
        let value = Some(number_data_point::Value::AsDouble(
            1.844_674_407_370_955_2e19,
        ));
        assert_eq!(numbers(large)[0].value, value);
        let sums: Vec<_> = histograms(seconds).iter().map(|point| point.sum).collect();
        // The first has reached the end of the numbers there are.
        assert_eq!(sums, [Some(f64::MAX), None]);
    }
}

fn real_text(real: f64) -> String {
    format!("d{real:?}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_comes_back_through_decoders_that_are_not_ours(
        families in proptest::collection::vec(
            (
                "\\PC{0,40}",
                0..4_u8,
                proptest::collection::hash_set("\\PC{1,10}", 0..3),
                proptest::collection::vec(
                    (proptest::collection::vec("(?s).{0,60}", 3), any::<u32>(), -1e30..1e30_f64, proptest::collection::vec(0..4_u8, 0..6)),
                    1..8,
                ),
            ),
            1..8,
        ),
        constant in proptest::collection::hash_map("\\PC{1,10}", "(?s).{1,20}", 0..3),
        limit in prop_oneof![Just(NO_LIMIT), 1_000..20_000_usize],
    ) {
        let mut fixture = Fixture::new();
        let mut expected: BTreeMap<(String, BTreeMap<String, String>), String> = BTreeMap::new();
        for (at, (name, kind, labels, series)) in families.iter().enumerate() {
            let labels: Vec<&str> = labels.iter().map(|label| &**label).collect();
            // The names of two are not the same, and no suffix is of another's kind.
            let name = format!("otlp_prop_{at}_{name}");
            let (kind, real) = match kind {
                0 => (Kind::Counter, false),
                1 => (Kind::Counter, true),
                2 => (Kind::Gauge, false),
                _ => (Kind::Histogram, false),
            };
            let family = fixture.family(&name, kind, real, &labels);
            let mut seen = std::collections::HashSet::new();
            for (values, whole, real_value, observed) in series {
                let values: Vec<&str> = values.iter().take(labels.len()).map(|value| &**value).collect();
                if !seen.insert(values.clone()) {
                    continue;
                }
                let pin = family.series_of(&values).unwrap().series;
                let mut attributes: BTreeMap<String, String> = constant
                    .iter()
                    .filter(|(name, _)| !labels.contains(&&***name))
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect();
                for (label, value) in labels.iter().zip(&values).filter(|(_, value)| !value.is_empty()) {
                    attributes.insert((*label).to_owned(), (*value).to_owned());
                }
                let text = match (kind, real) {
                    (Kind::Counter, false) => {
                        cells::add(pin.cell(), u64::from(*whole));
                        format!("i{whole}")
                    }
                    (Kind::Counter, true) => {
                        cells::add_f64(pin.cell(), real_value.abs());
                        real_text(real_value.abs())
                    }
                    (Kind::Gauge, _) => {
                        pin.gauge().unwrap().set(*real_value);
                        real_text(*real_value)
                    }
                    (Kind::Histogram, _) => {
                        let mut counts = [0_u64; 4];
                        for bucket in observed {
                            let bucket = usize::from(*bucket);
                            cells::observe(pin.cell(), bucket, 0.5);
                            counts[bucket] += 1;
                        }
                        format!("h{counts:?}{}", observed.len())
                    }
                };
                expected.insert((name.clone(), attributes), text);
            }
        }
        let constant: Vec<(&str, &str)> = constant.iter().map(|(name, value)| (&**name, &**value)).collect();
        for protocol in [OtlpProtocol::HttpProtobuf, OtlpProtocol::HttpJson] {
            let mut encoder = encoder(protocol, &constant);
            let (requests, claimed) = fixture.encode(&mut encoder, OtlpTemporality::Cumulative, limit);
            let requests: Vec<_> = requests.iter().map(|request| decode(protocol, request)).collect();
            let mut found = BTreeMap::new();
            let mut points = 0;
            for metric in metrics(&requests, "") {
                let ours = metric.name.starts_with("otlp_prop_");
                let mut add = |attributes: &[KeyValue], text: String| {
                    points += 1;
                    if ours {
                        let twice = found.insert((metric.name.clone(), attributes_of(attributes)), text);
                        assert_eq!(twice, None);
                    }
                };
                match metric.data.as_ref().unwrap() {
                    metric::Data::Histogram(histogram) => {
                        assert_eq!(histogram.aggregation_temporality, 2);
                        for point in &histogram.data_points {
                            add(&point.attributes, format!("h{:?}{}", point.bucket_counts, point.count));
                        }
                    }
                    data => {
                        if let metric::Data::Sum(sum) = data {
                            assert!(sum.is_monotonic && sum.aggregation_temporality == 2);
                        }
                        let points = numbers(&metric);
                        assert!(!points.is_empty());
                        for point in points {
                            add(&point.attributes, match point.value.unwrap() {
                                number_data_point::Value::AsInt(whole) => format!("i{whole}"),
                                number_data_point::Value::AsDouble(real) => real_text(real),
                            });
                        }
                    }
                }
            }
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(points, claimed);
        }
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn settings_that_are_wrong_are_refused_at_once() {
    let error = |config: OtlpConfig| {
        let error = super::OtlpExporter::new(config).unwrap_err();
        (
            error.name().to_owned(),
            error.error_type(),
            error.reason().to_owned(),
        )
    };
    let default = OtlpConfig::default;
    for (config, name, error_type) in [
        (
            OtlpConfig {
                endpoint: Some("localhost:4318".into()),
                ..default()
            },
            "endpoint",
            "invalid_variable",
        ),
        (
            OtlpConfig {
                endpoint: Some("http://u:p@h".into()),
                ..default()
            },
            "endpoint",
            "invalid_variable",
        ),
        (
            OtlpConfig {
                metrics_endpoint: Some("ftp://h".into()),
                ..default()
            },
            "metrics_endpoint",
            "invalid_variable",
        ),
        (
            OtlpConfig {
                headers: vec![("a b".into(), "x".into())],
                ..default()
            },
            "headers",
            "invalid_variable",
        ),
        (
            OtlpConfig {
                headers: vec![("api-key".into(), "x\ny".into())],
                ..default()
            },
            "headers",
            "invalid_variable",
        ),
        (
            OtlpConfig {
                headers: vec![("Content-Type".into(), "x".into())],
                ..default()
            },
            "headers",
            "conflict",
        ),
        (
            OtlpConfig {
                const_labels: vec![("a-b".into(), "x".into())],
                ..default()
            },
            "a-b",
            "invalid_variable",
        ),
        (
            OtlpConfig {
                const_labels: vec![("a".into(), "x".into()), ("a".into(), "y".into())],
                ..default()
            },
            "a",
            "conflict",
        ),
        (
            OtlpConfig {
                resource_attributes: vec![(String::new(), "x".into())],
                ..default()
            },
            "resource_attributes",
            "invalid_variable",
        ),
        (
            OtlpConfig {
                max_request_bytes: 10,
                ..default()
            },
            "max_request_bytes",
            "invalid_variable",
        ),
        (
            OtlpConfig {
                timeout: std::time::Duration::ZERO,
                ..default()
            },
            "timeout",
            "invalid_variable",
        ),
    ] {
        let (found_name, found_type, reason) = error(config);
        assert_eq!((&*found_name, found_type), (name, error_type), "{reason}");
        assert!(
            !reason.contains('\n') && !reason.contains("u:p"),
            "{reason}"
        );
    }
    let grpc = OtlpConfig {
        protocol: OtlpProtocol::Grpc,
        ..default()
    };
    if cfg!(feature = "otlp-grpc") {
        super::OtlpExporter::new(grpc.clone()).unwrap();
        let path = OtlpConfig {
            endpoint: Some("http://h:4317/v1/metrics".into()),
            ..grpc
        };
        assert!(error(path).2.contains("without a path"));
    } else {
        assert_eq!(error(grpc).1, "missing_feature");
    }
}

#[test]
fn the_resource_says_who_sends() {
    let resource = |config: OtlpConfig| -> BTreeMap<String, String> {
        config.resource().unwrap().into_iter().collect()
    };
    let default = resource(OtlpConfig::default());
    assert!(
        default["service.name"].starts_with("unknown_service:"),
        "{default:?}"
    );
    assert_eq!(default["telemetry.sdk.language"], "rust");
    let both = resource(OtlpConfig {
        service_name: Some("one".into()),
        resource_attributes: vec![
            ("service.name".into(), "two".into()),
            ("host.name".into(), "h".into()),
        ],
        ..OtlpConfig::default()
    });
    assert_eq!((&*both["service.name"], &*both["host.name"]), ("one", "h"));
}

/// What a flush of 11,000 series costs, encoding and reading: run it in a release build, with `--nocapture`.
#[test]
#[ignore = "a measurement"]
fn a_flush_of_eleven_thousand_series() {
    use std::io::Write;
    use std::time::Instant;
    let mut fixture = Fixture::new();
    let counter = fixture.family(
        "otlp_flush_total",
        Kind::Counter,
        false,
        &["endpoint", "client"],
    );
    let histogram = fixture
        .registry
        .find_or_insert("otlp_flush_seconds", usize::MAX, || {
            let labels = [Cow::Borrowed("endpoint"), Cow::Borrowed("client")];
            Definition {
                name: "otlp_flush_seconds".into(),
                kind: Kind::Histogram,
                bounds: instrumetrics_grammar::SECONDS,
                labels: labels.into(),
                ..Definition::from(&Descriptor::counter("otlp_flush_total", "Flushes."))
            }
        });
    let histogram = histogram.unwrap();
    let mut pins = Vec::new();
    for n in 0..11_000 {
        let (endpoint, client) = (
            format!("/api/v1/resource/{}", n / 100),
            format!("tenant-{:04}", n % 100),
        );
        let family = if n < 10_000 { &counter } else { &histogram };
        pins.push(family.series_of(&[&endpoint, &client]).unwrap().series);
    }
    let mut lines = String::new();
    for protocol in [OtlpProtocol::HttpProtobuf, OtlpProtocol::HttpJson] {
        for temporality in [OtlpTemporality::Cumulative, OtlpTemporality::Delta] {
            let mut encoder = encoder(protocol, &[("region", "eu-west-1")]);
            let (mut body, mut places) = (Vec::new(), Vec::new());
            let mut times: Vec<(f64, f64, usize, usize)> = (0..40)
                .map(|_| {
                    for (at, pin) in pins.iter().enumerate() {
                        if at < 10_000 {
                            cells::add(pin.cell(), 1);
                        } else {
                            cells::observe(pin.cell(), at % 12, 0.1);
                        }
                    }
                    let begin = Instant::now();
                    fixture.baseline.read(&fixture.sources);
                    let read = begin.elapsed().as_secs_f64();
                    let (mut from, mut bytes, mut requests) = (Place::default(), 0, 0);
                    loop {
                        let source = Source {
                            baseline: &fixture.baseline,
                            from,
                            temporality,
                            limit: 1_000_000,
                        };
                        let contents = encoder.encode(&mut body, &mut places, source);
                        bytes += body.len();
                        requests += 1;
                        for place in places.drain(..) {
                            fixture.baseline.deliver(place);
                        }
                        match contents.next {
                            Some(next) => from = next,
                            None => break,
                        }
                    }
                    (begin.elapsed().as_secs_f64(), read, bytes, requests)
                })
                .collect();
            times.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (all, read, bytes, requests) = times[times.len() / 2];
            let line = format!(
                "{protocol:?} {temporality:?}: {:.2} ms (reading {:.2} ms), {bytes} bytes in {requests} requests\n",
                all * 1e3,
                read * 1e3
            );
            lines.push_str(&line);
        }
    }
    std::io::stderr().write_all(lines.as_bytes()).unwrap();
}
