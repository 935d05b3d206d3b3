//! Metrics by name.

use instrumetrics::{
    Format, Metrics, MetricsCollector, MetricsCollectorExt, MetricsErrorConfig,
    MetricsResourceConfig, MonitoringConfig, Outcome, create_metrics_with_error_propagation,
    create_metrics_with_null_exporter, create_metrics_with_prometheus_exporter,
    create_prometheus_exporter, metrics, snapshot,
};
use std::sync::Arc;
use std::time::Duration;

#[metrics(namespace = "known")]
mod known {
    use instrumetrics::{Counter, Gauge, Histogram};

    /// Visits.
    pub fn visits_total(page: &str, lang: &str) -> Counter;

    /// Fuel.
    pub fn fuel_liters_total() -> Counter<f64>;

    /// Seats.
    pub fn seats() -> Gauge;

    /// Wait.
    pub fn wait_seconds() -> Histogram;
}

/// Metrics whose operations return their errors.
fn strict() -> Metrics {
    create_metrics_with_error_propagation(create_prometheus_exporter().unwrap()).unwrap()
}

fn error_type(result: Result<(), instrumetrics::MetricsError>) -> &'static str {
    result.unwrap_err().error_type()
}

#[tokio::test]
async fn every_operation_does_what_it_says() {
    let metrics = create_metrics_with_prometheus_exporter().unwrap();
    metrics
        .increment("requests_total", &[("method", "GET")])
        .await
        .unwrap();
    metrics
        .increment_by("requests_total", 4, &[("method", "GET")])
        .await
        .unwrap();
    metrics
        .set_gauge("memory_usage_bytes", 1024 * 1024 * 512, &[])
        .await
        .unwrap();
    metrics
        .increment_gauge("active_connections", 1, &[("server", "web1")])
        .await
        .unwrap();
    metrics
        .increment_gauge("active_connections", 2.5, &[("server", "web1")])
        .await
        .unwrap();
    metrics
        .decrement_gauge("active_connections", 1, &[("server", "web1")])
        .await
        .unwrap();
    metrics
        .observe_histogram("request_duration_seconds", 0.125, &[("endpoint", "/api")])
        .await
        .unwrap();
    metrics
        .observe_histogram(
            "request_duration_seconds",
            Duration::from_secs(2),
            &[("endpoint", "/api")],
        )
        .await
        .unwrap();
    let snapshot = metrics.snapshot();
    assert_eq!(
        snapshot.counter("requests_total", &[("method", "GET")]),
        Some(5.0)
    );
    assert_eq!(
        snapshot.gauge("memory_usage_bytes", &[]),
        Some(536_870_912.0)
    );
    assert_eq!(
        snapshot.gauge("active_connections", &[("server", "web1")]),
        Some(2.5)
    );
    let durations = snapshot
        .histogram("request_duration_seconds", &[("endpoint", "/api")])
        .unwrap();
    assert_eq!((durations.count(), durations.sum()), (2, 2.125));
    assert_eq!((metrics.metric_count(), metrics.series_count()), (4, 4));
}

#[tokio::test]
async fn an_operation_takes_effect_at_the_call() {
    let metrics = create_metrics_with_prometheus_exporter().unwrap();
    let future = metrics.increment("begun_total", &[]);
    assert_eq!(metrics.snapshot().counter("begun_total", &[]), Some(1.0));
    future.await.unwrap();
    assert_eq!(metrics.snapshot().counter("begun_total", &[]), Some(1.0));
}

#[tokio::test]
async fn the_convenience_methods_write_their_metrics() {
    let metrics = create_metrics_with_prometheus_exporter().unwrap();
    metrics
        .record_http_request("/jobs/{id}", "GET", 200, 0.5)
        .await
        .unwrap();
    metrics
        .record_http_request("/jobs/{id}", "GET", "200", Duration::from_secs(1))
        .await
        .unwrap();
    metrics.record_job_submitted("tiny", "en").await.unwrap();
    metrics
        .record_job_completed("tiny", "en", 1800, "success")
        .await
        .unwrap();
    metrics
        .record_job_completed("tiny", "en", 2.0, Outcome::Error)
        .await
        .unwrap();
    metrics.record_job_cancelled("tiny", "en").await.unwrap();
    metrics.record_error("queue", "full").await.unwrap();
    metrics.set_queue_size(3).await.unwrap();
    metrics.set_jobs_processing(2).await.unwrap();
    let snapshot = metrics.snapshot();
    let count = |name, labels: &[(&str, &str)]| snapshot.counter(name, labels).unwrap();
    let request = [("method", "GET"), ("endpoint", "/jobs/{id}")];
    let with_status = [request[0], request[1], ("status", "200")];
    assert!((count("http_requests_total", &with_status) - 2.0).abs() < f64::EPSILON);
    let duration = snapshot
        .histogram("http_request_duration_seconds", &request)
        .unwrap();
    assert_eq!((duration.count(), duration.sum()), (2, 1.5));
    let job = [("model", "tiny"), ("language", "en")];
    assert!((count("jobs_submitted_total", &job) - 1.0).abs() < f64::EPSILON);
    for status in ["success", "error", "cancelled"] {
        let labels = [job[0], job[1], ("status", status)];
        assert!((count("jobs_completed_total", &labels) - 1.0).abs() < f64::EPSILON);
    }
    let ran = snapshot.histogram("job_duration_seconds", &job).unwrap();
    assert_eq!(ran.count(), 2, "a withdrawn job has no duration");
    let bounds: Vec<f64> = ran.buckets().map(|(le, _)| le).collect();
    assert_eq!(
        (bounds[0], bounds[13]),
        (0.1, 3600.0),
        "job durations reach an hour"
    );
    let error = [("category", "queue"), ("error_type", "full")];
    assert!((count("errors_total", &error) - 1.0).abs() < f64::EPSILON);
    assert_eq!(snapshot.gauge("queue_size", &[]), Some(3.0));
    assert_eq!(snapshot.gauge("jobs_processing", &[]), Some(2.0));
}

#[tokio::test]
async fn objects_and_generic_code_have_every_operation() {
    async fn generic(metrics: &impl MetricsCollector) {
        metrics
            .increment_by("generic_total", 2_u8, &[])
            .await
            .unwrap();
    }
    let metrics = create_metrics_with_prometheus_exporter().unwrap();
    generic(&metrics).await;
    let object: Arc<dyn MetricsCollector + Send + Sync> = Arc::new(metrics.clone());
    object
        .increment("object_total", &[("a", "b")])
        .await
        .unwrap();
    object.set_gauge("object_level", 7, &[]).await.unwrap();
    object
        .record_http_request("/", "GET", 200, 0.1)
        .await
        .unwrap();
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.counter("generic_total", &[]), Some(2.0));
    assert_eq!(snapshot.counter("object_total", &[("a", "b")]), Some(1.0));
    assert_eq!(snapshot.gauge("object_level", &[]), Some(7.0));
}

#[tokio::test]
async fn label_order_does_not_matter_and_an_empty_value_is_absent() {
    let metrics = strict();
    metrics
        .increment("ordered_total", &[("a", "1"), ("b", "2")])
        .await
        .unwrap();
    metrics
        .increment("ordered_total", &[("b", "2"), ("a", "1")])
        .await
        .unwrap();
    metrics
        .increment("ordered_total", &[("b", ""), ("a", "1")])
        .await
        .unwrap();
    let snapshot = metrics.snapshot();
    assert_eq!(
        snapshot.counter("ordered_total", &[("b", "2"), ("a", "1")]),
        Some(2.0)
    );
    assert_eq!(snapshot.counter("ordered_total", &[("a", "1")]), Some(1.0));
    assert_eq!(metrics.series_count(), 2);
}

#[tokio::test]
async fn a_declared_name_reaches_the_declared_metric() {
    let metrics = strict();
    let labels = [("lang", "de"), ("page", "/")];
    metrics
        .increment("known_visits_total", &labels)
        .await
        .unwrap();
    known::visits_total("/", "de").inc();
    assert_eq!(snapshot().counter("known_visits_total", &labels), Some(2.0));
    metrics
        .increment_by("known_fuel_liters_total", 0.5, &[])
        .await
        .unwrap();
    assert!((known::fuel_liters_total().value() - 0.5).abs() < f64::EPSILON);
    metrics.set_gauge("known_seats", 4, &[]).await.unwrap();
    assert!((known::seats().value() - 4.0).abs() < f64::EPSILON);
    metrics
        .observe_histogram("known_wait_seconds", 1, &[])
        .await
        .unwrap();
    assert_eq!(known::wait_seconds().count(), 1);
    assert_eq!(
        metrics.metric_count(),
        0,
        "declared ones are bounded by the code"
    );

    let negative = metrics
        .increment_by("known_fuel_liters_total", -0.25, &[])
        .await;
    assert_eq!(error_type(negative), "invalid_value");
    assert!((known::fuel_liters_total().value() - 0.5).abs() < f64::EPSILON);

    let wrong_kind = metrics.set_gauge("known_visits_total", 1, &labels).await;
    assert_eq!(error_type(wrong_kind), "type_conflict");
    let wrong_labels = metrics
        .increment("known_visits_total", &[("page", "/")])
        .await;
    assert_eq!(error_type(wrong_labels), "label_mismatch");
    // The count of a declared histogram has this name already.
    let taken = metrics.set_gauge("known_wait_seconds_count", 1, &[]).await;
    assert_eq!(error_type(taken), "type_conflict");
}

#[tokio::test]
async fn sets_are_isolated_and_share_the_declared_metrics() {
    let exporter = create_prometheus_exporter().unwrap();
    let first = Metrics::new(exporter.clone());
    let second = create_metrics_with_prometheus_exporter().unwrap();
    first.increment("isolated_total", &[]).await.unwrap();
    assert_eq!(second.snapshot().counter("isolated_total", &[]), None);
    assert_eq!(
        snapshot().counter("isolated_total", &[]),
        None,
        "declared metrics only"
    );
    second.set_gauge("isolated_total", 5, &[]).await.unwrap();
    let text = exporter.encode(Format::Text);
    assert!(text.contains("# HELP isolated_total Counter isolated_total.\n"));
    assert!(text.contains("\nisolated_total 1\n"));
    assert_eq!(text.matches("# TYPE known_seats ").count(), 1);
    assert_eq!(exporter.metric_count(), 1);
}

#[tokio::test]
async fn null_silences_only_its_own_operations() {
    let null = create_metrics_with_null_exporter();
    null.increment("silent_total", &[]).await.unwrap();
    null.increment("not a name", &[]).await.unwrap();
    assert_eq!((null.metric_count(), null.series_count()), (0, 0));
    assert!(instrumetrics::recording());
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn errors_have_their_types_and_their_message() {
    let metrics = strict();
    let long_name = "n".repeat(129);
    let long_label = "l".repeat(65);
    let many: Vec<String> = (0..17).map(|n| format!("l{n}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|name| (&**name, "v")).collect();
    metrics
        .increment("typed_total", &[("a", "1")])
        .await
        .unwrap();
    let cases: Vec<(&str, Result<(), instrumetrics::MetricsError>)> = vec![
        ("invalid_name", metrics.increment("not-a-name", &[]).await),
        ("invalid_name", metrics.increment("", &[]).await),
        ("invalid_name", metrics.increment("rule:total", &[]).await),
        ("name_too_long", metrics.increment(&long_name, &[]).await),
        (
            "invalid_label_name",
            metrics.increment("x_total", &[("a-b", "v")]).await,
        ),
        (
            "reserved_label",
            metrics.increment("x_total", &[("__a", "v")]).await,
        ),
        (
            "label_name_too_long",
            metrics.increment("x_total", &[(&long_label, "v")]).await,
        ),
        (
            "duplicate_label",
            metrics
                .increment("x_total", &[("a", "1"), ("b", "2"), ("a", "3")])
                .await,
        ),
        (
            "reserved_label",
            metrics
                .observe_histogram("x_seconds", 1, &[("le", "1")])
                .await,
        ),
        ("too_many_labels", metrics.increment("x_total", &many).await),
        (
            "label_mismatch",
            metrics.increment("typed_total", &[("b", "1")]).await,
        ),
        (
            "label_mismatch",
            metrics.increment("typed_total", &[]).await,
        ),
        (
            "type_conflict",
            metrics.set_gauge("typed_total", 1, &[("a", "1")]).await,
        ),
        (
            "invalid_value",
            metrics.increment_by("typed_total", -1, &[("a", "1")]).await,
        ),
        (
            "invalid_value",
            metrics
                .increment_by("typed_total", 0.5, &[("a", "1")])
                .await,
        ),
        (
            "invalid_value",
            metrics.set_gauge("level", f64::NAN, &[]).await,
        ),
        (
            "invalid_value",
            metrics
                .observe_histogram("x_seconds", f64::INFINITY, &[])
                .await,
        ),
    ];
    for (expected, result) in cases {
        let error = result.unwrap_err();
        assert_eq!(error.error_type(), expected, "{error}");
    }
    assert_eq!(
        metrics.metric_count(),
        1,
        "a refused operation leaves no trace"
    );
    let error = metrics.increment("test-1", &[]).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("Metrics increment operation failed for 'test-1': invalid metric name"),
        "{text}"
    );
    assert!(
        text.ends_with(
            "(Context: max_metrics=1000, max_labels_per_metric=16, monitoring_enabled=true)"
        ),
        "{text}"
    );
    assert!(text.contains("'test_1' would do"), "{text}");
    let simple = Metrics::with_full_config(
        create_prometheus_exporter().unwrap(),
        MonitoringConfig::default(),
        MetricsResourceConfig::default(),
        MetricsErrorConfig {
            propagate_errors: true,
            detailed_error_context: false,
            ..Default::default()
        },
    );
    let error = simple.increment("test-1", &[]).await.unwrap_err();
    assert!(!error.to_string().contains("Context"), "{error}");
}

#[tokio::test]
async fn silent_metrics_return_ok_and_count_the_error() {
    let metrics = create_metrics_with_prometheus_exporter().unwrap();
    let errors = || {
        let labels = [
            ("metric_name", "silent-error"),
            ("operation", "set_gauge"),
            ("error_type", "invalid_name"),
        ];
        snapshot().counter("metrics_validation_errors_total", &labels)
    };
    assert_eq!(errors(), None);
    metrics.set_gauge("silent-error", 1, &[]).await.unwrap();
    metrics.set_gauge("silent-error", 1, &[]).await.unwrap();
    assert_eq!(errors(), Some(2.0));
    let unmonitored = Metrics::builder()
        .exporter(create_prometheus_exporter().unwrap())
        .monitoring_config(MonitoringConfig {
            monitoring_enabled: false,
        })
        .build();
    unmonitored.set_gauge("silent-error", 1, &[]).await.unwrap();
    assert_eq!(errors(), Some(2.0));
}

#[tokio::test]
async fn handles_pin_a_label_set() {
    let metrics = strict();
    let counter = metrics.counter("handled_total", &[("a", "1")]);
    counter.inc_by(3);
    metrics
        .increment("handled_total", &[("a", "1")])
        .await
        .unwrap();
    metrics.gauge("handled_level", &[]).set(2);
    metrics.histogram("handled_seconds", &[]).observe(0.5);
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.counter("handled_total", &[("a", "1")]), Some(4.0));
    assert_eq!(snapshot.gauge("handled_level", &[]), Some(2.0));
    assert_eq!(
        snapshot.histogram("handled_seconds", &[]).unwrap().count(),
        1
    );
    // Of the wrong kind: reported, and recorded nowhere.
    metrics.gauge("handled_total", &[("a", "1")]).set(9);
    assert_eq!(
        metrics.snapshot().counter("handled_total", &[("a", "1")]),
        Some(4.0)
    );
}

#[tokio::test]
async fn strict_label_values_refuse_what_would_be_escaped() {
    let metrics = Metrics::builder()
        .exporter(create_prometheus_exporter().unwrap())
        .strict_label_values(true)
        .propagate_errors(true)
        .build();
    for value in ["a\"b", "a\\b", "a\nb"] {
        let refused = metrics.increment("strict_total", &[("v", value)]).await;
        assert_eq!(error_type(refused), "invalid_label_value");
    }
    metrics
        .increment("strict_total", &[("v", "\u{e4} b")])
        .await
        .unwrap();
    assert_eq!(metrics.series_count(), 1);
}

#[tokio::test]
async fn the_library_tells_about_itself() {
    let series = || snapshot().gauge("metrics_series", &[]).unwrap();
    let limit = || snapshot().gauge("metrics_series_limit", &[]).unwrap();
    let metrics = Metrics::builder()
        .exporter(create_prometheus_exporter().unwrap())
        .max_label_combinations(123_456)
        .build();
    assert!(limit() >= 10_000.0 + 123_456.0);
    for n in 0..500 {
        metrics
            .increment("told_total", &[("n", &n.to_string())])
            .await
            .unwrap();
    }
    assert!(series() >= 500.0);
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    assert_eq!(snapshot().gauge("metrics_build_info", &version), Some(1.0));
}
