//! A real Prometheus scrapes the built-in server.

use crate::expected;
use crate::prometheus::Prometheus;
use crate::relay::Relay;
use crate::workload;
use instrumetrics::{Format, http, snapshot};

#[test]
fn prometheus_answers_with_the_snapshot() {
    let server = http::serve("127.0.0.1:0", workload::exporter()).unwrap();
    let relay = Relay::to(server.local_addr());
    let Some(prometheus) = Prometheus::scraping(relay.address()) else {
        return;
    };
    prometheus.assert_up();

    // OpenMetrics is what it asks for first.
    let expected = expected::samples(&snapshot(), Format::OpenMetrics);
    let all = prometheus.query("{__name__=~'(live|foreign|metrics)_.*'}");
    all.assert_same(&expected, "Prometheus");
    for name in [
        "live_hostile_values_total",
        "live_answer_duration_seconds_bucket",
        "live_answer_duration_seconds_count",
        "live_jobs_completed_total",
        "foreign_hostile_values_total",
    ] {
        let sum = prometheus.number(&format!("sum({name})"));
        assert_eq!(sum, Some(expected.sum(name, &[])), "{name}");
    }

    let (request, answer) = (relay.request(), relay.answer());
    assert!(
        request.contains("\r\naccept-encoding: gzip\r\n"),
        "{request}"
    );
    assert!(
        answer.contains("\r\ncontent-encoding: gzip\r\n"),
        "{answer}"
    );
    let content_type =
        "\r\ncontent-type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n";
    assert!(answer.contains(content_type), "{answer}");
}
