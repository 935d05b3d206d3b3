//! OTLP over HTTP: what is sent, and what becomes of it when the peer does not take it as it should.

use crate::peer::{Peer, Received, Reply};
use instrumetrics::{
    Metrics, MetricsError, OtlpCompression, OtlpConfig, OtlpExporter, OtlpProtocol, OtlpTemporality,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric, number_data_point};
use prost::Message;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, MutexGuard};

/// One at a time: all of these exporters have one account.
pub(crate) async fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::const_new(());
    ALONE.lock().await
}

pub(crate) fn config(peer: &Peer) -> OtlpConfig {
    OtlpConfig {
        endpoint: Some(peer.url("")),
        service_name: Some("behaviour".into()),
        ..OtlpConfig::default()
    }
}

pub(crate) fn into(config: OtlpConfig) -> Metrics {
    Metrics::new(OtlpExporter::new(config).unwrap())
}

fn decode(received: &Received) -> ExportMetricsServiceRequest {
    match received.header("content-type") {
        Some("application/json") => serde_json::from_slice(&received.plain()).unwrap(),
        Some("application/x-protobuf") => {
            ExportMetricsServiceRequest::decode(&*received.plain()).unwrap()
        }
        other => panic!("{other:?}"),
    }
}

/// The metrics of this name in a request.
pub(crate) fn of_name(request: &ExportMetricsServiceRequest, name: &str) -> Vec<Metric> {
    let scopes = request
        .resource_metrics
        .iter()
        .flat_map(|it| &it.scope_metrics);
    let metrics = scopes.flat_map(|scope| &scope.metrics);
    metrics
        .filter(|metric| metric.name == name)
        .cloned()
        .collect()
}

/// The values of a counter in a request: all points of it.
pub(crate) fn counts(request: &ExportMetricsServiceRequest, name: &str) -> Vec<i64> {
    let metrics = of_name(request, name);
    let points = metrics
        .iter()
        .flat_map(|metric| match metric.data.as_ref().unwrap() {
            metric::Data::Sum(sum) => &sum.data_points,
            other => panic!("{other:?}"),
        });
    points
        .map(|point| match point.value.unwrap() {
            number_data_point::Value::AsInt(count) => count,
            other @ number_data_point::Value::AsDouble(_) => panic!("{other:?}"),
        })
        .collect()
}

fn count(received: &Received, name: &str) -> i64 {
    counts(&decode(received), name).iter().sum()
}

pub(crate) fn account(result: &str) -> f64 {
    let labels = [("exporter", "otlp"), ("result", result)];
    let read = instrumetrics::snapshot().counter("metrics_export_recordings_total", &labels);
    read.unwrap_or(0.0)
}

pub(crate) fn pending() -> f64 {
    let labels = [("exporter", "otlp")];
    let read = instrumetrics::snapshot().gauge("metrics_export_recordings_pending", &labels);
    read.unwrap_or(0.0)
}

pub(crate) fn refused(result: Result<(), MetricsError>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.error_type(), "rejected", "{error}");
    error.reason().to_owned()
}

fn partial(rejected: i64, message: &str) -> Vec<u8> {
    let answer = ExportMetricsServiceResponse {
        partial_success: Some(ExportMetricsPartialSuccess {
            rejected_data_points: rejected,
            error_message: message.to_owned(),
        }),
    };
    answer.encode_to_vec()
}

#[tokio::test]
async fn a_request_is_what_the_protocol_wants() {
    let _alone = alone().await;
    for (protocol, content_type) in [
        (OtlpProtocol::HttpProtobuf, "application/x-protobuf"),
        (OtlpProtocol::HttpJson, "application/json"),
    ] {
        for compression in [OtlpCompression::None, OtlpCompression::Gzip] {
            let peer = Peer::start(Reply::status(200));
            let metrics = into(OtlpConfig {
                protocol,
                compression,
                headers: vec![("api-key".into(), "k, y".into())],
                const_labels: vec![("otlp_region".into(), "eu".into())],
                ..config(&peer)
            });
            let labels = [("path", "/\"x\""), ("otlp_region", "own")];
            metrics
                .increment_by("otlp_sent_total", 3, &labels)
                .await
                .unwrap();
            metrics
                .increment_by("otlp_sent_total", 4, &[("path", "y"), ("otlp_region", "")])
                .await
                .unwrap();
            metrics
                .observe_histogram("otlp_sent_seconds", 0.3, &[])
                .await
                .unwrap();
            metrics.export().await.unwrap();
            metrics
                .increment_by("otlp_sent_total", 5, &labels)
                .await
                .unwrap();
            metrics.export().await.unwrap();
            let received = peer.received();
            assert_eq!(received.len(), 2);
            let first = &received[0];
            assert_eq!((&*first.method, &*first.path), ("POST", "/v1/metrics"));
            assert_eq!(first.header("content-type"), Some(content_type));
            assert_eq!(first.header("api-key"), Some("k, y"));
            let encoding = (compression == OtlpCompression::Gzip).then_some("gzip");
            assert_eq!(first.header("content-encoding"), encoding);
            assert_eq!(count(first, "otlp_sent_total"), 7);
            assert_eq!(count(&received[1], "otlp_sent_total"), 12);
            let request = decode(first);
            let metric = &of_name(&request, "otlp_sent_total")[0];
            let Some(metric::Data::Sum(sum)) = &metric.data else {
                panic!()
            };
            let own: Vec<_> = sum
                .data_points
                .iter()
                .map(|point| point.attributes.len())
                .collect();
            // A label that the metric has itself is its own, even where it is absent.
            assert_eq!(own, [1, 2], "{sum:?}");
            assert_eq!(of_name(&request, "otlp_sent_seconds")[0].unit, "s");
            let seconds = &of_name(&request, "metrics_build_info")[0];
            let text = format!("{seconds:?}");
            assert!(text.contains("otlp_region"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_url_for_metrics_is_used_as_it_is() {
    let _alone = alone().await;
    let peer = Peer::start(Reply::status(204));
    let metrics = into(OtlpConfig {
        metrics_endpoint: Some(peer.url("/api/v1/otlp?x=y")),
        endpoint: Some("http://127.0.0.1:1".into()),
        ..OtlpConfig::default()
    });
    metrics.export().await.unwrap();
    assert_eq!(peer.received()[0].path, "/api/v1/otlp?x=y");
    let below = into(OtlpConfig {
        endpoint: Some(peer.url("/otlp/")),
        ..OtlpConfig::default()
    });
    below.export().await.unwrap();
    assert_eq!(peer.received()[1].path, "/otlp/v1/metrics");
}

#[tokio::test]
async fn a_partial_success_is_reported_and_not_tried_again() {
    let _alone = alone().await;
    for temporality in [OtlpTemporality::Cumulative, OtlpTemporality::Delta] {
        let peer = Peer::start(Reply::status(200));
        let metrics = into(OtlpConfig {
            temporality,
            ..config(&peer)
        });
        metrics
            .increment_by("otlp_partial_total", 1000, &[])
            .await
            .unwrap();
        let dropped = account("dropped");
        // All of them.
        peer.script([Reply::body(200, partial(1_000_000, "too old"))]);
        let reason = refused(metrics.export().await);
        assert!(
            reason.starts_with("the peer refused ") && reason.ends_with("data points: too old"),
            "{reason}"
        );
        assert!(account("dropped") - dropped >= 1000.0);
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(peer.received().len(), 1);
        // A remark is no refusal.
        peer.script([Reply::body(200, partial(0, "use the newer path"))]);
        metrics.export().await.unwrap();
        let expected = if temporality == OtlpTemporality::Delta {
            0
        } else {
            1000
        };
        assert_eq!(count(&peer.received()[1], "otlp_partial_total"), expected);
    }
}

#[tokio::test]
async fn what_is_refused_for_good_is_not_tried_again() {
    let _alone = alone().await;
    for status in [400, 401, 404, 500, 307] {
        let peer = Peer::start(Reply::status(200));
        let metrics = into(config(&peer));
        metrics
            .increment_by("otlp_refused_total", 10, &[])
            .await
            .unwrap();
        let delivered = account("delivered");
        peer.script([Reply::body(status, "no").with("Location", &peer.url("/elsewhere"))]);
        let reason = refused(metrics.export().await);
        assert!(
            reason.starts_with(&format!("the peer answered {status}")),
            "{reason}"
        );
        assert!(pending() >= 10.0, "{status} {}", pending());
        tokio::time::sleep(Duration::from_millis(1300)).await;
        assert_eq!(peer.received().len(), 1, "{status}");
        // The next total holds it.
        metrics
            .increment_by("otlp_refused_total", 1, &[])
            .await
            .unwrap();
        metrics.export().await.unwrap();
        assert_eq!(count(&peer.received()[1], "otlp_refused_total"), 11);
        assert!(account("delivered") - delivered >= 11.0);
    }
}

#[tokio::test]
async fn what_may_be_tried_again_is_when_the_peer_says() {
    let _alone = alone().await;
    for status in [429, 502, 503, 504] {
        let peer = Peer::start(Reply::status(200));
        let metrics = into(config(&peer));
        metrics
            .increment_by("otlp_later_total", 10, &[])
            .await
            .unwrap();
        peer.script([Reply::status(status).with("Retry-After", &2)]);
        refused(metrics.export().await);
        // The exporter has a thread of its own.
        let received = peer.wait_for(2);
        let waited = received[1].at - received[0].at;
        assert!((2.0..8.0).contains(&waited.as_secs_f64()), "{waited:?}");
        assert_eq!(count(&received[1], "otlp_later_total"), 10);
    }
}

#[tokio::test]
async fn a_peer_that_breaks_off_loses_nothing() {
    let _alone = alone().await;
    for temporality in [OtlpTemporality::Cumulative, OtlpTemporality::Delta] {
        let peer = Peer::start(Reply::status(200));
        let delta = temporality == OtlpTemporality::Delta;
        let metrics = into(OtlpConfig {
            temporality,
            interval: Duration::from_secs(3600),
            timeout: Duration::from_millis(700),
            ..config(&peer)
        });
        let dropped = account("dropped");
        let mut total = 0;
        let mut taken = 0;
        for reply in [
            Reply::Nothing,
            Reply::garbage(),
            Reply::less_than_half(),
            Reply::Silence,
            Reply::status(503).with("Retry-After", &600),
            Reply::status(200).late(Duration::from_millis(1200)),
        ] {
            peer.take();
            metrics
                .increment_by("otlp_broken_total", 7, &[])
                .await
                .unwrap();
            total += 7;
            peer.script([reply.clone()]);
            metrics.export().await.unwrap_err();
            metrics
                .increment_by("otlp_broken_total", 1, &[])
                .await
                .unwrap();
            total += 1;
            metrics.export().await.unwrap();
            let received = peer.received();
            if delta {
                // The same again, to the byte, before what came later.
                assert_eq!(received.len(), 3, "{reply:?}");
                assert_eq!(received[0].body, received[1].body, "{reply:?}");
                assert_eq!(count(&received[1], "otlp_broken_total"), 7);
                assert_eq!(count(&received[2], "otlp_broken_total"), 1);
                taken += 8;
            } else {
                assert_eq!(received.len(), 2, "{reply:?}");
                taken = count(&received[1], "otlp_broken_total");
            }
            assert_eq!(taken, total, "{reply:?}");
        }
        // The status has arrived: half of an answer is one.
        peer.script([Reply::half()]);
        metrics.export().await.unwrap();
        assert_eq!(account("dropped"), dropped);
    }
}

#[tokio::test]
async fn a_peer_that_is_away_gets_everything_when_it_is_back() {
    let _alone = alone().await;
    for temporality in [OtlpTemporality::Cumulative, OtlpTemporality::Delta] {
        let peer = Peer::start(Reply::status(200));
        let metrics = into(OtlpConfig {
            temporality,
            ..config(&peer)
        });
        metrics
            .increment_by("otlp_away_total", 1, &[])
            .await
            .unwrap();
        metrics.export().await.unwrap();
        let address = peer.address();
        drop(peer);
        for _ in 0..3 {
            metrics
                .increment_by("otlp_away_total", 10, &[])
                .await
                .unwrap();
            assert_eq!(metrics.export().await.unwrap_err().error_type(), "io");
        }
        let peer = Peer::start_on(address, Reply::status(200));
        metrics.shutdown(Duration::from_secs(5)).await.unwrap();
        let received = peer.received();
        let counts: Vec<i64> = received
            .iter()
            .map(|it| count(it, "otlp_away_total"))
            .collect();
        if temporality == OtlpTemporality::Delta {
            assert_eq!(counts, [10, 20]);
        } else {
            assert_eq!(counts.last(), Some(&31), "{counts:?}");
        }
    }
}

#[tokio::test]
async fn differences_that_are_refused_are_dropped_and_counted() {
    let _alone = alone().await;
    let peer = Peer::start(Reply::status(200));
    let metrics = into(OtlpConfig {
        temporality: OtlpTemporality::Delta,
        ..config(&peer)
    });
    metrics
        .increment_by("otlp_dropped_total", 50, &[])
        .await
        .unwrap();
    let dropped = account("dropped");
    peer.script([Reply::status(400)]);
    refused(metrics.export().await);
    assert!(account("dropped") - dropped >= 50.0);
    metrics
        .increment_by("otlp_dropped_total", 2, &[])
        .await
        .unwrap();
    metrics.export().await.unwrap();
    assert_eq!(count(&peer.received()[1], "otlp_dropped_total"), 2);
}

#[tokio::test]
async fn what_is_too_large_is_sent_in_parts() {
    let _alone = alone().await;
    for (temporality, compression) in [
        (OtlpTemporality::Cumulative, OtlpCompression::None),
        (OtlpTemporality::Delta, OtlpCompression::Gzip),
    ] {
        let peer = Peer::start(Reply::status(200));
        let metrics = into(OtlpConfig {
            temporality,
            compression,
            max_request_bytes: 20_000,
            ..config(&peer)
        });
        for n in 0..500 {
            let client = format!("client {n}");
            metrics
                .increment_by("otlp_parts_total", n, &[("client", &client)])
                .await
                .unwrap();
        }
        let total: i64 = (0..500).sum();
        // Twice too large: to a quarter of it.
        peer.script([Reply::status(200), Reply::status(413), Reply::status(413)]);
        metrics.export().await.unwrap();
        let received = peer.received();
        let sizes: Vec<usize> = received.iter().map(|it| it.plain().len()).collect();
        assert!(sizes.iter().all(|size| *size <= 20_000), "{sizes:?}");
        assert!(sizes[3..].iter().all(|size| *size <= 5_000), "{sizes:?}");
        assert!(sizes.len() > 6, "{sizes:?}");
        let taken = || {
            received
                .iter()
                .enumerate()
                .filter(|(at, _)| ![1, 2].contains(at))
        };
        let sum: i64 = taken().map(|(_, it)| count(it, "otlp_parts_total")).sum();
        assert_eq!(sum, total);
        let values: Vec<i64> = taken()
            .flat_map(|(_, it)| counts(&decode(it), "otlp_parts_total"))
            .collect();
        let distinct: BTreeSet<i64> = values.iter().copied().collect();
        assert_eq!(values.len(), distinct.len(), "none twice");
    }
    // It is not the size: it does not go on for ever.
    let peer = Peer::start(Reply::status(413));
    let metrics = into(config(&peer));
    let begin = Instant::now();
    refused(metrics.export().await);
    assert!(peer.received().len() < 15);
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn nobody_else_gets_the_secrets() {
    let _alone = alone().await;
    let elsewhere = Peer::start(Reply::status(200));
    let peer = Peer::start(Reply::redirect(&elsewhere.url("/v1/metrics")));
    let config = OtlpConfig {
        headers: vec![("api-key".into(), "very-secret".into())],
        ..config(&peer)
    };
    assert!(!format!("{config:?}").contains("very-secret"));
    let exporter = OtlpExporter::new(config).unwrap();
    assert!(!format!("{exporter:?}").contains("very-secret"));
    let metrics = Metrics::new(exporter);
    let reason = refused(metrics.export().await);
    assert!(
        reason.contains("307") && !reason.contains("very-secret"),
        "{reason}"
    );
    assert!(elsewhere.received().is_empty());
}
