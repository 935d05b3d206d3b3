//! OTLP: through a real collector, and read by Python's classes.

use crate::peer::{Peer, Reply};
use crate::peers;
use crate::process::{Folder, Process, free_address};
use crate::python::pipe;
use crate::workload;
use instrumetrics::{
    Metrics, OtlpCompression, OtlpConfig, OtlpExporter, OtlpProtocol, Snapshot, Value,
};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{metric, number_data_point};
use prost::Message;
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

/// Points by name and labels: the value of a counter or gauge, the buckets of a histogram.
type Points = BTreeMap<(String, BTreeMap<String, String>), Vec<f64>>;

/// Series of a workload.
const SERIES: u64 = 200;

/// A collector that hands what it gets on to a peer of ours.
pub(crate) struct Collector {
    process: Process,
    http: SocketAddr,
    grpc: SocketAddr,
}

impl Collector {
    pub(crate) fn start(sink: &Peer) -> Option<Self> {
        let program = peers::rotel()?;
        let (folder, http, grpc) = (Folder::new(), free_address(), free_address());
        let mut process = Process::start(
            Command::new(program)
                .args(["start", "--exporter", "otlp"])
                .args(["--otlp-exporter-protocol", "http"])
                .args(["--batch-timeout", "100ms", "--debug-log", "metrics"])
                .args(["--otlp-http-endpoint", &http.to_string()])
                .args(["--otlp-grpc-endpoint", &grpc.to_string()])
                .args(["--otlp-exporter-endpoint", &sink.url("")])
                .arg("--pid-file")
                .arg(folder.join("pid")),
            folder,
        );
        let listens = |address: SocketAddr| TcpStream::connect(address).ok();
        process.wait("the collector listens", || {
            listens(http).and_then(|_| listens(grpc))
        });
        Some(Self {
            process,
            http,
            grpc,
        })
    }

    pub(crate) fn http(&self) -> String {
        format!("http://{}", self.http)
    }
}

#[tokio::test]
async fn a_collector_hands_on_what_it_is_sent() {
    let sink = Peer::start(Reply::status(200));
    let Some(collector) = Collector::start(&sink) else {
        return;
    };
    let (http, grpc) = (collector.http, collector.grpc);
    // Dropped, they would export once more.
    let mut kept = Vec::new();
    for (protocol, address, name) in [
        (OtlpProtocol::HttpProtobuf, http, "protobuf"),
        (OtlpProtocol::HttpJson, http, "json"),
        (OtlpProtocol::Grpc, grpc, "grpc"),
    ] {
        for compression in [OtlpCompression::None, OtlpCompression::Gzip] {
            sink.take();
            let config = OtlpConfig {
                endpoint: Some(format!("http://{address}")),
                protocol,
                compression,
                max_request_bytes: 50_000,
                ..OtlpConfig::default()
            };
            let (metrics, snapshot) = record_into(config, name).await;
            kept.push(metrics);
            let mut expected = of_snapshot(&snapshot);
            if protocol == OtlpProtocol::HttpJson {
                lost_in_json(&mut expected, &snapshot);
            }
            assert!(expected.len() as u64 > SERIES + 100, "{}", expected.len());
            let begin = Instant::now();
            loop {
                let mut arrived = of_requests(
                    &sink
                        .received()
                        .iter()
                        .map(crate::peer::Received::plain)
                        .collect::<Vec<_>>(),
                );
                if arrived.len() >= expected.len() {
                    if protocol == OtlpProtocol::HttpJson {
                        // Its reader of JSON takes the last digit of a real for less than it is, too.
                        shorten(&mut arrived);
                        shorten(&mut expected);
                    }
                    assert_eq!(arrived, expected, "{name} {compression:?}");
                    break;
                }
                assert!(
                    begin.elapsed() < Duration::from_secs(30),
                    "{name} {compression:?}: {} of {}\n{}",
                    arrived.len(),
                    expected.len(),
                    collector.process.output()
                );
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

#[tokio::test]
async fn python_reads_what_is_sent() {
    let Some(python) = peers::python_with(
        "opentelemetry.proto.collector.metrics.v1.metrics_service_pb2",
        "opentelemetry-proto",
    ) else {
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live/otlp.py");
    for (protocol, how) in [
        (OtlpProtocol::HttpProtobuf, "protobuf"),
        (OtlpProtocol::HttpJson, "json"),
    ] {
        let sink = Peer::start(Reply::status(200));
        let config = OtlpConfig {
            endpoint: Some(sink.url("")),
            protocol,
            ..OtlpConfig::default()
        };
        let name = format!("python_{how}");
        let (_metrics, snapshot) = record_into(config, &name).await;
        let expected: Points = of_snapshot(&snapshot)
            .into_iter()
            .filter(|((name, _), _)| name.ends_with("_total"))
            .collect();
        let mut read = Points::new();
        for request in sink.received() {
            let (points, complaints) =
                pipe(Command::new(&python).arg(script).arg(how), &request.body);
            let points: Vec<(String, BTreeMap<String, String>, f64)> =
                serde_json::from_str(&points)
                    .unwrap_or_else(|error| panic!("{error}\n{complaints}"));
            let ours = points
                .into_iter()
                .filter(|(name, ..)| name.starts_with("live_"));
            read.extend(ours.map(|(name, labels, value)| ((name, labels), vec![value])));
        }
        assert_eq!(read, expected, "{how}");
    }
}

/// Exports the workload, and some series by name; with what there was to export.
async fn record_into(config: OtlpConfig, name: &str) -> (Metrics, Snapshot) {
    drop(workload::exporter());
    let metrics = Metrics::new(OtlpExporter::new(config).unwrap());
    let hostile = workload::hostile_values();
    for n in 0..SERIES {
        let index = usize::try_from(n).unwrap();
        let plain = format!("value {n}");
        let value = hostile.get(index).unwrap_or(&plain);
        let name = format!("live_otlp_{name}_total");
        metrics
            .increment_by(&name, n + 1, &[("value", value)])
            .await
            .unwrap();
    }
    metrics.export().await.unwrap();
    (metrics.clone(), metrics.snapshot())
}

/// Reals with a digit or two less.
fn shorten(points: &mut Points) {
    for value in points.values_mut().flatten() {
        *value = format!("{value:.13e}").parse().unwrap();
    }
}

/// What this collector loses of JSON: the histograms, and the values of counters of whole things. Its reader wants
/// numbers where protobuf's mapping to JSON makes texts of integers of 64 bits. (Python's reads all of it.)
fn lost_in_json(points: &mut Points, snapshot: &Snapshot) {
    points.retain(|(name, _), values| {
        let family = snapshot.families().find(|family| family.name == *name);
        match family.unwrap().series[0].value {
            Value::Histogram(_) => return false,
            Value::Count(_) => values.clear(),
            _ => {}
        }
        true
    });
}

/// The metrics of the workload; its gauge that is read when asked for too.
fn of_snapshot(snapshot: &Snapshot) -> Points {
    let mut points = Points::new();
    for family in snapshot
        .families()
        .filter(|family| family.name.starts_with("live_"))
    {
        for series in &family.series {
            #[expect(clippy::cast_precision_loss, reason = "as in JSON")]
            let values = match &series.value {
                Value::Count(count) => vec![*count as f64],
                Value::Total(real) | Value::Gauge(real) => vec![*real],
                Value::Histogram(histogram) => {
                    histogram.buckets().map(|(_, count)| count as f64).collect()
                }
                other => panic!("{other:?}"),
            };
            let labels = series.labels.iter().cloned().collect();
            points.insert((family.name.clone(), labels), values);
        }
    }
    points
}

pub(crate) fn of_requests(requests: &[Vec<u8>]) -> Points {
    let mut points = Points::new();
    let text = |attribute: &KeyValue| match attribute.value.as_ref().unwrap().value.as_ref() {
        Some(any_value::Value::StringValue(text)) => (attribute.key.clone(), text.clone()),
        other => panic!("{other:?}"),
    };
    for request in requests {
        let request = ExportMetricsServiceRequest::decode(&**request).unwrap();
        let scopes = request
            .resource_metrics
            .iter()
            .flat_map(|it| &it.scope_metrics);
        let metrics = scopes.flat_map(|scope| &scope.metrics);
        for metric in metrics.filter(|metric| {
            ["live_", "whisper_"]
                .iter()
                .any(|prefix| metric.name.starts_with(prefix))
        }) {
            let mut add = |attributes: &[KeyValue], values: Vec<f64>| {
                let labels = attributes.iter().map(text).collect();
                points.insert((metric.name.clone(), labels), values);
            };
            let Some(data) = &metric.data else {
                // See `lost_in_json`.
                continue;
            };
            let numbers = match data {
                metric::Data::Sum(sum) => &sum.data_points,
                metric::Data::Gauge(gauge) => &gauge.data_points,
                metric::Data::Histogram(histogram) => {
                    for point in &histogram.data_points {
                        let mut all = 0;
                        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                        let values = point.bucket_counts.iter().map(|count| {
                            all += count;
                            all as f64
                        });
                        add(&point.attributes, values.collect());
                    }
                    continue;
                }
                other => panic!("{other:?}"),
            };
            for point in numbers {
                #[expect(clippy::cast_precision_loss, reason = "as in JSON")]
                let values = match point.value {
                    Some(number_data_point::Value::AsInt(count)) => vec![count as f64],
                    Some(number_data_point::Value::AsDouble(real)) => vec![real],
                    // See `lost_in_json`.
                    None => Vec::new(),
                };
                add(&point.attributes, values);
            }
        }
    }
    points
}
