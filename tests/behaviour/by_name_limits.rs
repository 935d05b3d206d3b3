//! The limits of metrics by name.

use instrumetrics::{
    Metrics, MetricsResourceConfig, create_metrics_with_limits, create_prometheus_exporter,
    snapshot,
};

#[tokio::test]
async fn a_name_over_the_limit_is_refused_and_a_combination_is_diverted() {
    let exporter = create_prometheus_exporter().unwrap();
    let metrics = create_metrics_with_limits(exporter.clone(), 2, 1).unwrap();
    metrics.increment("one_total", &[]).await.unwrap();
    metrics.increment("two_total", &[]).await.unwrap();
    metrics.increment("three_total", &[]).await.unwrap();
    assert_eq!(metrics.snapshot().counter("three_total", &[]), None);
    assert_eq!(metrics.metric_count(), 2);

    let metrics = Metrics::builder()
        .exporter(exporter)
        .max_label_combinations(3)
        .propagate_errors(true)
        .build();
    for n in 0..10 {
        // Nothing is lost, so it is no error even here.
        let n = n.to_string();
        metrics
            .increment("diverted_total", &[("n", &n)])
            .await
            .unwrap();
    }
    let snapshot = metrics.snapshot();
    assert_eq!(
        snapshot.counter("diverted_total", &[("n", "__overflow__")]),
        Some(7.0)
    );
    assert_eq!(snapshot.counter("diverted_total", &[("n", "2")]), Some(1.0));
    assert_eq!(metrics.series_count(), 3);
    let diverted = snapshot_of_errors("increment", "label_combinations");
    assert!(diverted >= 7.0, "{diverted}");
}

fn snapshot_of_errors(operation: &str, error_type: &str) -> f64 {
    let labels = [("operation", operation), ("error_type", error_type)];
    let errors = snapshot().counter("metrics_resource_errors_total", &labels);
    errors.unwrap_or(0.0)
}

#[tokio::test]
async fn a_diverted_operation_is_reported_each_time() {
    let metrics = Metrics::builder()
        .exporter(create_prometheus_exporter().unwrap())
        .resource_config(MetricsResourceConfig {
            max_label_combinations: 1,
            max_label_value_length: 4,
            ..Default::default()
        })
        .build();
    // Nothing else in this binary takes away from a gauge.
    for n in ["a", "b", "b", "c"] {
        metrics
            .decrement_gauge("lowered", 1, &[("n", n)])
            .await
            .unwrap();
    }
    let diverted = snapshot_of_errors("decrement_gauge", "label_combinations");
    assert!((diverted - 3.0).abs() < f64::EPSILON, "{diverted}");
    metrics
        .decrement_gauge("lowered", 1, &[("n", "\u{e4}\u{e4}\u{e4}")])
        .await
        .unwrap();
    let cut = snapshot_of_errors("decrement_gauge", "value_truncated");
    assert!((cut - 1.0).abs() < f64::EPSILON, "{cut}");
    let lowered = metrics
        .snapshot()
        .gauge("lowered", &[("n", "__overflow__")]);
    assert_eq!(lowered, Some(-4.0));
}

#[tokio::test]
async fn the_limits_hold_under_fire() {
    let metrics = Metrics::builder()
        .exporter(create_prometheus_exporter().unwrap())
        .max_metrics(50)
        .max_label_combinations(200)
        .build();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let metrics = &metrics;
            scope.spawn(move || {
                for n in 0..2000 {
                    let name = format!("name_{}_total", (n * 8 + thread) % 400);
                    drop(metrics.increment(&name, &[]));
                    let value = format!("{}", n * 8 + thread);
                    drop(metrics.increment("combined_total", &[("n", &value)]));
                }
            });
        }
    });
    assert_eq!(metrics.metric_count(), 50);
    assert_eq!(metrics.series_count(), 200);
    let snapshot = metrics.snapshot();
    let combined = snapshot
        .families()
        .find(|family| family.name == "combined_total")
        .unwrap();
    let total: f64 = combined
        .series
        .iter()
        .map(|series| match series.value {
            instrumetrics::Value::Count(count) => count as f64,
            _ => 0.0,
        })
        .sum();
    assert!((total - 16_000.0).abs() < f64::EPSILON);
}

#[tokio::test]
async fn a_rate_limit_refuses_the_excess() {
    let metrics = Metrics::builder()
        .exporter(create_prometheus_exporter().unwrap())
        .resource_config(MetricsResourceConfig {
            max_operations_per_second: 5,
            ..Default::default()
        })
        .propagate_errors(true)
        .build();
    let mut refused = 0;
    for _ in 0..50 {
        if let Err(error) = metrics.increment("rated_total", &[]).await {
            assert_eq!(error.error_type(), "rate_limited");
            refused += 1;
        }
    }
    // Two seconds at the most are touched.
    assert!((40..=45).contains(&refused), "{refused}");
}

#[tokio::test]
async fn more_labels_than_usual_work_where_they_are_allowed() {
    let metrics = Metrics::builder()
        .exporter(create_prometheus_exporter().unwrap())
        .max_labels_per_metric(32)
        .propagate_errors(true)
        .build();
    let names: Vec<String> = (0..32).map(|n| format!("l{n}")).collect();
    let labels: Vec<(&str, &str)> = names.iter().map(|name| (&**name, "v")).collect();
    for _ in 0..3 {
        metrics.increment("wide_total", &labels).await.unwrap();
    }
    assert_eq!(metrics.snapshot().counter("wide_total", &labels), Some(3.0));
}
