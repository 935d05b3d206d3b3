//! Every error of metrics by name: its type, its category, its message to the letter, and its count, in both modes.
//!
//! Long, since it is a table: one row for each error, beside what is counted and logged of it.

use instrumetrics::{
    ErrorCategory, Metrics, MetricsError, MetricsErrorConfig, MetricsResourceConfig,
    MonitoringConfig, Outcome, PrometheusConfig, PrometheusExporter, create_metrics_with_limits,
    create_metrics_with_null_exporter, create_prometheus_exporter, snapshot,
};
use std::future::Ready;
use std::time::Duration;

/// What an operation with a fault must report.
struct Faulty {
    error_type: &'static str,
    operation: &'static str,
    name: String,
    reason: String,
    result: Result<(), MetricsError>,
}

const NAME_RULE: &str = "invalid metric name: only ASCII letters, digits and `_` are allowed (`[a-zA-Z_][a-zA-Z0-9_]*`)";
const START_RULE: &str =
    "invalid metric name: it must begin with an ASCII letter or `_` (`[a-zA-Z_][a-zA-Z0-9_]*`)";
const LABEL_RULE: &str =
    "invalid label name: only ASCII letters, digits and `_` are allowed (`[a-zA-Z_][a-zA-Z0-9_]*`)";

/// Performs an operation with every fault of the category validation. The names begin with `prefix`, so that what
/// is counted can be told apart.
#[expect(clippy::too_many_lines, reason = "a table")]
fn validation_faults(metrics: &Metrics, prefix: &str) -> Vec<Faulty> {
    let fault = |error_type, operation, name: &str, reason: String, result: Ready<_>| Faulty {
        error_type,
        operation,
        name: name.to_owned(),
        reason,
        result: result.into_inner(),
    };
    let named = |name: &str| format!("{prefix}_{name}");
    let ok = |result: Ready<Result<(), MetricsError>>| result.into_inner().unwrap();
    let (there, level, wait) = (named("there_total"), named("level"), named("wait_seconds"));
    ok(metrics.increment(&there, &[("a", "1")]));
    ok(metrics.set_gauge(&level, 1, &[]));
    ok(metrics.observe_histogram(&wait, 1, &[]));

    let dashed = named("a-b");
    let long = named(&"n".repeat(129 - prefix.len() - 1));
    let label = "l".repeat(65);
    let many: Vec<String> = (0..17).map(|n| format!("l{n}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|name| (&**name, "v")).collect();
    let fresh = named("fresh_total");
    let on_fresh = |labels: &[(&str, &str)]| metrics.increment(&fresh, labels);
    let counted = named("wait_seconds_count");
    let spelled = named("there");
    vec![
        fault(
            "invalid_name",
            "increment",
            "",
            "invalid metric name: it is empty, it must match `[a-zA-Z_][a-zA-Z0-9_]*`".to_owned(),
            metrics.increment("", &[]),
        ),
        fault(
            "invalid_name",
            "increment_by",
            &dashed,
            format!("{NAME_RULE}; '{}' would do", named("a_b")),
            metrics.increment_by(&dashed, 2, &[]),
        ),
        fault(
            "invalid_name",
            "set_gauge",
            "2xx",
            format!("{START_RULE}; '_2xx' would do"),
            metrics.set_gauge("2xx", 2, &[]),
        ),
        fault(
            "invalid_name",
            "increment_gauge",
            "job:rate",
            "invalid metric name: `:` is kept for recording rules, separate words with `_`; 'job_rate' would do".to_owned(),
            metrics.increment_gauge("job:rate", 2, &[]),
        ),
        fault(
            "invalid_name",
            "decrement_gauge",
            "__name",
            "invalid metric name: names that begin with `__` are reserved by Prometheus, begin with a letter or one `_`; 'name' would do".to_owned(),
            metrics.decrement_gauge("__name", 2, &[]),
        ),
        fault(
            "name_too_long",
            "observe_histogram",
            &long,
            "the name is longer than 128 bytes".to_owned(),
            metrics.observe_histogram(&long, 2, &[]),
        ),
        fault(
            "invalid_label_name",
            "increment",
            &fresh,
            format!("label 'a-b': {LABEL_RULE}"),
            on_fresh(&[("a-b", "v")]),
        ),
        fault(
            "invalid_label_name",
            "increment",
            &fresh,
            "label '': invalid label name: it is empty, it must match `[a-zA-Z_][a-zA-Z0-9_]*`".to_owned(),
            on_fresh(&[("", "v")]),
        ),
        fault(
            "label_name_too_long",
            "increment",
            &fresh,
            format!("label '{label}': the name is longer than 64 bytes"),
            on_fresh(&[(&label, "v")]),
        ),
        fault(
            "duplicate_label",
            "increment",
            &fresh,
            "label 'a' is given twice".to_owned(),
            on_fresh(&[("a", "1"), ("b", "2"), ("a", "3")]),
        ),
        fault(
            "reserved_label",
            "increment",
            &fresh,
            "label '__a': reserved label name: names that begin with `__` are reserved by Prometheus, begin with a letter or one `_`".to_owned(),
            on_fresh(&[("__a", "v")]),
        ),
        fault(
            "reserved_label",
            "observe_histogram",
            &wait,
            "label 'le': reserved label name: `le` is the bucket label of a histogram, use another name".to_owned(),
            metrics.observe_histogram(&wait, 1, &[("le", "1")]),
        ),
        fault(
            "reserved_label",
            "increment",
            &fresh,
            "label 'quantile': reserved label name: `quantile` is the label of a summary, use another name".to_owned(),
            on_fresh(&[("quantile", "0.5")]),
        ),
        fault(
            "too_many_labels",
            "increment",
            &fresh,
            "17 labels where 16 are allowed".to_owned(),
            on_fresh(&many),
        ),
        fault(
            "label_mismatch",
            "increment",
            &there,
            "it has the labels a, not the labels b, c".to_owned(),
            metrics.increment(&there, &[("c", "1"), ("b", "1")]),
        ),
        fault(
            "label_mismatch",
            "increment",
            &there,
            "it has the labels a, not no labels".to_owned(),
            metrics.increment(&there, &[]),
        ),
        fault(
            "label_mismatch",
            "set_gauge",
            &level,
            "it has no labels, not the labels a".to_owned(),
            metrics.set_gauge(&level, 1, &[("a", "1")]),
        ),
        fault(
            "type_conflict",
            "set_gauge",
            &there,
            "it is a counter, not a gauge".to_owned(),
            metrics.set_gauge(&there, 1, &[("a", "1")]),
        ),
        fault(
            "type_conflict",
            "observe_histogram",
            &level,
            "it is a gauge, not a histogram".to_owned(),
            metrics.observe_histogram(&level, 1, &[]),
        ),
        fault(
            "type_conflict",
            "set_gauge",
            &counted,
            format!("the metric '{wait}' exposes the name of the gauge too"),
            metrics.set_gauge(&counted, 1, &[]),
        ),
        fault(
            "type_conflict",
            "increment",
            &spelled,
            format!("the metric '{there}' exposes the name of the counter too"),
            metrics.increment(&spelled, &[("a", "1")]),
        ),
        fault(
            "invalid_value",
            "increment_by",
            &there,
            "a counter cannot grow by -3, which is negative".to_owned(),
            metrics.increment_by(&there, -3, &[("a", "1")]),
        ),
        fault(
            "invalid_value",
            "increment_by",
            &there,
            "this counter counts whole things and cannot grow by 0.5".to_owned(),
            metrics.increment_by(&there, 0.5, &[("a", "1")]),
        ),
        fault(
            "invalid_value",
            "increment_by",
            &fresh,
            "this counter counts whole things and cannot grow by 0.25".to_owned(),
            metrics.increment_by(&fresh, Duration::from_millis(250), &[]),
        ),
        fault(
            "invalid_value",
            "increment_by",
            &fresh,
            "the value NaN is not finite".to_owned(),
            metrics.increment_by(&fresh, f64::NAN, &[]),
        ),
        fault(
            "invalid_value",
            "set_gauge",
            &level,
            "the value inf is not finite".to_owned(),
            metrics.set_gauge(&level, f32::INFINITY, &[]),
        ),
        fault(
            "invalid_value",
            "decrement_gauge",
            &level,
            "the value -inf is not finite".to_owned(),
            metrics.decrement_gauge(&level, f64::INFINITY, &[]),
        ),
        fault(
            "invalid_value",
            "observe_histogram",
            &wait,
            "the value NaN is not finite".to_owned(),
            metrics.observe_histogram(&wait, f64::NAN, &[]),
        ),
    ]
}

/// Metrics of their own with these settings of errors and, but for these limits, the defaults.
fn with(errors: MetricsErrorConfig, resource: MetricsResourceConfig) -> Metrics {
    Metrics::with_full_config(
        create_prometheus_exporter().unwrap(),
        MonitoringConfig::default(),
        resource,
        errors,
    )
}

fn propagating() -> MetricsErrorConfig {
    MetricsErrorConfig {
        propagate_errors: true,
        ..Default::default()
    }
}

fn counted(faulty: &Faulty) -> f64 {
    let labels = [
        ("metric_name", &*faulty.name),
        ("operation", faulty.operation),
        ("error_type", faulty.error_type),
    ];
    let name = "metrics_validation_errors_total";
    snapshot().counter(name, &labels).unwrap_or(0.0)
}

fn resource_errors(operation: &str, error_type: &str) -> f64 {
    let labels = [("operation", operation), ("error_type", error_type)];
    let name = "metrics_resource_errors_total";
    snapshot().counter(name, &labels).unwrap_or(0.0)
}

const CONTEXT: &str =
    " (Context: max_metrics=1000, max_labels_per_metric=16, monitoring_enabled=true)";

#[test]
fn every_validation_error_is_returned_with_its_message_where_errors_propagate() {
    let metrics = with(propagating(), MetricsResourceConfig::default());
    let faults = validation_faults(&metrics, "propagated");
    let types = [
        "invalid_name",
        "name_too_long",
        "invalid_label_name",
        "label_name_too_long",
        "duplicate_label",
        "reserved_label",
        "too_many_labels",
        "label_mismatch",
        "type_conflict",
        "invalid_value",
    ];
    for error_type in types {
        assert!(faults.iter().any(|fault| fault.error_type == error_type));
    }
    for fault in &faults {
        let error = fault.result.as_ref().unwrap_err();
        assert_eq!(error.error_type(), fault.error_type, "{error}");
        assert_eq!(error.category(), ErrorCategory::Validation, "{error}");
        assert_eq!(
            (error.operation(), error.name(), error.reason()),
            (fault.operation, &*fault.name, &*fault.reason)
        );
        let (operation, name, reason) = (fault.operation, &fault.name, &fault.reason);
        let simple = format!("Metrics {operation} operation failed for '{name}': {reason}");
        assert_eq!(error.to_string(), format!("{simple}{CONTEXT}"));
    }
    // Nothing but what went before the faults.
    assert_eq!((metrics.metric_count(), metrics.series_count()), (3, 3));
    let labels = [("a", "1")];
    let snapshot = metrics.snapshot();
    assert_eq!(
        snapshot.counter("propagated_there_total", &labels),
        Some(1.0)
    );
    assert_eq!(snapshot.gauge("propagated_level", &[]), Some(1.0));
    let wait = snapshot.histogram("propagated_wait_seconds", &[]).unwrap();
    assert_eq!((wait.count(), wait.sum()), (1, 1.0));
}

#[test]
fn every_validation_error_is_counted_and_passed_over_where_errors_are_silent() {
    let metrics = with(
        MetricsErrorConfig::default(),
        MetricsResourceConfig::default(),
    );
    let before: Vec<f64> = validation_faults(&metrics, "silent")
        .iter()
        .map(counted)
        .collect();
    let again = validation_faults(&metrics, "silent");
    for (fault, before) in again.iter().zip(before) {
        assert_eq!(fault.result, Ok(()));
        // Several faults may share a series.
        let alike = |other: &&Faulty| {
            (other.error_type, other.operation, &other.name)
                == (fault.error_type, fault.operation, &fault.name)
        };
        let alike = again.iter().filter(alike).count();
        assert!(before >= 1.0, "{} {}", fault.error_type, fault.name);
        // Other tests use the empty name and the like.
        if fault.name.starts_with("silent") {
            assert_eq!(counted(fault), before + alike as f64, "{}", fault.reason);
        }
    }
    assert_eq!((metrics.metric_count(), metrics.series_count()), (3, 3));
}

#[test]
fn without_context_a_message_ends_after_the_reason() {
    let simple = with(
        MetricsErrorConfig {
            detailed_error_context: false,
            ..propagating()
        },
        MetricsResourceConfig::default(),
    );
    for fault in validation_faults(&simple, "simple") {
        let error = fault.result.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "Metrics {} operation failed for '{}': {}",
                fault.operation, fault.name, fault.reason
            )
        );
    }
}

#[test]
fn the_context_names_the_limits_in_force() {
    let metrics = Metrics::with_full_config(
        create_prometheus_exporter().unwrap(),
        MonitoringConfig {
            monitoring_enabled: false,
        },
        MetricsResourceConfig {
            max_metrics: 7,
            max_labels_per_metric: 3,
            ..Default::default()
        },
        propagating(),
    );
    let error = metrics.increment("a-", &[]).into_inner().unwrap_err();
    let context = " (Context: max_metrics=7, max_labels_per_metric=3, monitoring_enabled=false)";
    assert!(error.to_string().ends_with(context), "{error}");
}

#[test]
fn strict_label_values_are_refused_by_name() {
    let metrics = Metrics::builder()
        .exporter(create_prometheus_exporter().unwrap())
        .strict_label_values(true)
        .propagate_errors(true)
        .build();
    let refused = metrics.increment("exacting_total", &[("a", "fine"), ("b", "\"")]);
    let error = refused.into_inner().unwrap_err();
    assert_eq!(
        (error.error_type(), error.category()),
        ("invalid_label_value", ErrorCategory::Validation)
    );
    assert_eq!(
        error.reason(),
        "the value of label 'b' has a quote, a backslash or a line feed"
    );
    assert_eq!(metrics.metric_count(), 0);
}

#[test]
fn every_resource_error_in_both_modes() {
    for propagate_errors in [false, true] {
        let errors = || MetricsErrorConfig {
            propagate_errors,
            ..Default::default()
        };
        // Names over the limit.
        let metrics = with(
            errors(),
            MetricsResourceConfig {
                max_metrics: 1,
                ..Default::default()
            },
        );
        metrics.set_gauge("limited", 1, &[]).into_inner().unwrap();
        let before = resource_errors("set_gauge", "limit_exceeded");
        let refused = metrics.set_gauge("limited_too", 1, &[]).into_inner();
        assert!(resource_errors("set_gauge", "limit_exceeded") > before);
        assert_eq!(metrics.snapshot().gauge("limited_too", &[]), None);
        assert_eq!(refused.is_err(), propagate_errors);
        if let Err(error) = refused {
            assert_eq!(error.category(), ErrorCategory::Resource);
            assert_eq!(error.error_type(), "limit_exceeded");
            assert_eq!(
                error.to_string(),
                "Metrics set_gauge operation failed for 'limited_too': there are 1 metrics already, as many as are allowed \
                 (Context: max_metrics=1, max_labels_per_metric=16, monitoring_enabled=true)"
            );
        }
        // A name that is there goes on, full or not.
        metrics.set_gauge("limited", 2, &[]).into_inner().unwrap();
        assert_eq!(metrics.snapshot().gauge("limited", &[]), Some(2.0));

        // Combinations over the limit, and values that are too long: recorded, so no error in either mode.
        let metrics = with(
            errors(),
            MetricsResourceConfig {
                max_label_combinations: 2,
                max_label_value_length: 5,
                ..Default::default()
            },
        );
        let diverted = resource_errors("observe_histogram", "label_combinations");
        let cut = resource_errors("observe_histogram", "value_truncated");
        for value in ["a", "1234\u{e4}", "1234xyz", "b", "b", "12345"] {
            let labels = [("v", value)];
            let observed = metrics.observe_histogram("crowd_seconds", 1, &labels);
            observed.into_inner().unwrap();
        }
        let snapshot = metrics.snapshot();
        let count = |value| {
            let crowd = snapshot.histogram("crowd_seconds", &[("v", value)]);
            crowd.map(|crowd| crowd.count())
        };
        // Cut within a character it is `1234`; `12345`, `1234x` and `b` twice found no place.
        assert_eq!((count("a"), count("1234")), (Some(1), Some(1)));
        assert_eq!(count("__overflow__"), Some(4));
        let now = resource_errors("observe_histogram", "label_combinations");
        assert_eq!(now - diverted, 4.0);
        let now = resource_errors("observe_histogram", "value_truncated");
        assert_eq!(now - cut, 2.0);

        // Too many at once.
        let metrics = with(
            errors(),
            MetricsResourceConfig {
                max_operations_per_second: 1,
                ..Default::default()
            },
        );
        let before = resource_errors("increment_gauge", "rate_limited");
        let results: Vec<_> = (0..10)
            .map(|_| metrics.increment_gauge("hasty", 1, &[]).into_inner())
            .collect();
        let recorded = metrics.snapshot().gauge("hasty", &[]).unwrap();
        assert!((1.0..=2.0).contains(&recorded), "{recorded}");
        let refused = resource_errors("increment_gauge", "rate_limited") - before;
        assert_eq!(refused, 10.0 - recorded);
        let errors: Vec<_> = results.into_iter().filter_map(Result::err).collect();
        assert_eq!(
            errors.len() as f64,
            if propagate_errors { refused } else { 0.0 }
        );
        for error in errors {
            assert_eq!(error.error_type(), "rate_limited");
            assert_eq!(error.category(), ErrorCategory::Resource);
            assert_eq!(error.reason(), "more than 1 operations in this second");
        }
    }
}

/// The thread remembers the series of labels it has seen; a cut value must not be among them.
#[test]
fn a_cut_value_is_counted_each_time() {
    let metrics = with(
        MetricsErrorConfig::default(),
        MetricsResourceConfig {
            max_label_value_length: 3,
            ..Default::default()
        },
    );
    let before = resource_errors("increment_by", "value_truncated");
    for _ in 0..50 {
        let grown = metrics.increment_by("clipped_total", 2, &[("v", "abcdef")]);
        grown.into_inner().unwrap();
    }
    let clipped = metrics.snapshot().counter("clipped_total", &[("v", "abc")]);
    assert_eq!(clipped, Some(100.0));
    let cut = resource_errors("increment_by", "value_truncated") - before;
    assert!(cut >= 50.0, "{cut}");
}

#[tokio::test]
async fn what_an_exporter_refuses_says_so() {
    let exporter = create_prometheus_exporter().unwrap();
    let metrics = Metrics::new(exporter.clone());
    metrics.increment("standing_total", &[]).await.unwrap();
    let missing = exporter.remove_gauge("nowhere").await.unwrap_err();
    assert_eq!(
        missing.to_string(),
        "Metrics remove_gauge operation failed for 'nowhere': there is no such metric"
    );
    exporter.set_allow_metric_removal(false);
    let refused = exporter.remove_counter("standing_total").await;
    let refused = refused.unwrap_err();
    assert_eq!(
        (refused.category(), refused.error_type()),
        (ErrorCategory::Export, "rejected")
    );
    assert_eq!(
        refused.to_string(),
        "Metrics remove_counter operation failed for 'standing_total': the removal of metrics is not allowed"
    );
    exporter.set_allow_metric_removal(true);
    let wrong = exporter.remove_histogram("standing_total").await;
    let wrong = wrong.unwrap_err();
    assert_eq!(
        (wrong.category(), wrong.error_type()),
        (ErrorCategory::Validation, "type_conflict")
    );
    assert_eq!(metrics.snapshot().counter("standing_total", &[]), Some(1.0));
}

#[test]
fn what_cannot_be_configured_says_so() {
    let exporter = |namespace: Option<&str>, labels: &[(&str, &str)]| {
        let labels = labels.iter().copied();
        let config = PrometheusConfig {
            namespace: namespace.map(str::to_owned),
            const_labels: labels
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            ..Default::default()
        };
        let error = PrometheusExporter::with_config(&config).unwrap_err();
        assert_eq!(error.category(), ErrorCategory::Config, "{error}");
        assert_eq!(error.operation(), "create_prometheus_exporter");
        (error.error_type(), error.name().to_owned())
    };
    let invalid = |name: &str| ("invalid_variable", name.to_owned());
    assert_eq!(exporter(Some("a-b"), &[]), invalid("a-b"));
    assert_eq!(exporter(None, &[("__a", "1")]), invalid("__a"));
    assert_eq!(exporter(None, &[("le", "1")]), invalid("le"));
    let twice = exporter(None, &[("a", "1"), ("a", "2")]);
    assert_eq!(twice, ("conflict", "a".to_owned()));
}

/// Two metrics must not write the same line, whichever comes first.
#[test]
fn no_metric_takes_a_name_that_another_exposes() {
    let kinds = ["counter", "gauge", "histogram"];
    // Name and kind of two metrics that share an exposed name; `x` is replaced.
    let clashes = [
        (("x", "histogram"), ("x_bucket", "gauge")),
        (("x", "histogram"), ("x_sum", "gauge")),
        (("x", "histogram"), ("x_count", "gauge")),
        (("x", "histogram"), ("x_created", "gauge")),
        (("x", "histogram"), ("x_sum", "histogram")),
        (("x", "histogram"), ("x_count", "counter")),
        (("x", "counter"), ("x_total", "counter")),
        (("x", "counter"), ("x_total", "gauge")),
        (("x", "counter"), ("x_total", "histogram")),
        (("x", "counter"), ("x_created", "gauge")),
        (("x_total", "counter"), ("x", "gauge")),
        (("x_total", "counter"), ("x", "histogram")),
        (("x_total", "counter"), ("x_created", "gauge")),
        (("x", "gauge"), ("x", "counter")),
        (("x", "gauge"), ("x", "histogram")),
        (("x", "counter"), ("x", "histogram")),
    ];
    let record = |metrics: &Metrics, (name, kind): (&str, &str), place: usize| {
        let name = name.replace('x', &format!("clash_{place}"));
        match kinds.iter().position(|known| *known == kind) {
            Some(0) => metrics.increment(&name, &[]).into_inner(),
            Some(1) => metrics.set_gauge(&name, 1, &[]).into_inner(),
            _ => metrics.observe_histogram(&name, 1, &[]).into_inner(),
        }
    };
    for (place, (one, other)) in clashes.into_iter().enumerate() {
        for (first, second) in [(one, other), (other, one)] {
            let metrics = with(propagating(), MetricsResourceConfig::default());
            record(&metrics, first, place).unwrap();
            let refused = record(&metrics, second, place);
            let error = refused.expect_err(&format!("{second:?} after {first:?}"));
            assert_eq!(error.error_type(), "type_conflict", "{error}");
            assert_eq!(metrics.metric_count(), 1);
        }
    }
    // And these share nothing.
    for (first, second) in [
        (("x", "gauge"), ("x_total", "gauge")),
        (("x", "gauge"), ("x_sum", "gauge")),
        (("x_total", "gauge"), ("x_bucket", "counter")),
        (("x_total", "counter"), ("x_total_seconds", "histogram")),
    ] {
        let metrics = with(propagating(), MetricsResourceConfig::default());
        record(&metrics, first, 99).unwrap();
        record(&metrics, second, 99).unwrap();
    }
}

#[test]
fn a_null_set_refuses_nothing_and_holds_nothing() {
    let null = create_metrics_with_null_exporter();
    for fault in validation_faults(&null, "null") {
        assert_eq!(fault.result, Ok(()));
        if fault.name.starts_with("null") {
            assert_eq!(counted(&fault), 0.0, "{}", fault.name);
        }
    }
    let completed = null.record_job_completed("tiny", "en", f64::NAN, Outcome::Error);
    completed.into_inner().unwrap();
    assert_eq!((null.metric_count(), null.series_count()), (0, 0));
}

#[test]
fn the_defaults_field_by_field() {
    let MetricsResourceConfig {
        max_metrics,
        max_label_combinations,
        max_metric_name_length,
        max_label_name_length,
        max_label_value_length,
        max_labels_per_metric,
        enable_metric_cleanup,
        cleanup_interval_seconds,
        max_operations_per_second,
    } = MetricsResourceConfig::default();
    assert_eq!((max_metrics, max_label_combinations), (1000, 10_000));
    assert_eq!((max_metric_name_length, max_label_name_length), (128, 64));
    assert_eq!((max_label_value_length, max_labels_per_metric), (256, 16));
    assert!(!enable_metric_cleanup);
    let (seconds, operations): (u64, u64) = (cleanup_interval_seconds, max_operations_per_second);
    assert_eq!((seconds, operations), (300, 0));

    let MetricsErrorConfig {
        log_validation_errors,
        log_resource_errors,
        log_export_errors,
        log_config_errors,
        propagate_errors,
        detailed_error_context,
        error_log_level,
    } = MetricsErrorConfig::default();
    assert!(log_validation_errors && log_resource_errors);
    assert!(log_export_errors && log_config_errors);
    assert!(!propagate_errors && detailed_error_context);
    let level: String = error_log_level;
    assert_eq!(level, "warn");

    let monitoring = MonitoringConfig {
        ..Default::default()
    };
    assert!(monitoring.monitoring_enabled);

    let PrometheusConfig {
        namespace,
        const_labels,
        allow_metric_removal,
    } = PrometheusConfig::default();
    assert_eq!((namespace, const_labels), (None, Vec::new()));
    assert!(allow_metric_removal);

    // What a set has in force when nothing is said.
    let metrics = Metrics::new(create_prometheus_exporter().unwrap());
    assert_eq!(*metrics.limits(), MetricsResourceConfig::default());
    let exporter = create_prometheus_exporter().unwrap();
    let limited = create_metrics_with_limits(exporter, 5, 6).unwrap();
    assert_eq!(
        *limited.limits(),
        MetricsResourceConfig {
            max_metrics: 5,
            max_labels_per_metric: 6,
            ..Default::default()
        }
    );
}

/// The limits are inclusive.
#[test]
fn what_is_just_as_long_as_allowed_passes() {
    let metrics = with(
        propagating(),
        MetricsResourceConfig {
            max_metric_name_length: 10,
            max_label_name_length: 4,
            max_label_value_length: 3,
            max_labels_per_metric: 2,
            ..Default::default()
        },
    );
    let (name, longer) = ("n".repeat(10), "n".repeat(11));
    let labels = [("abcd", "123"), ("b", "\u{20ac}")];
    metrics.increment(&name, &labels).into_inner().unwrap();
    assert_eq!(metrics.snapshot().counter(&name, &labels), Some(1.0));
    let error_type = |name: &str, labels: &[(&str, &str)]| {
        let result = metrics.increment(name, labels).into_inner();
        result.map_err(|error| error.error_type())
    };
    assert_eq!(error_type(&longer, &[]), Err("name_too_long"));
    assert_eq!(
        error_type("m", &[("abcde", "")]),
        Err("label_name_too_long")
    );
    let three = [("a", "1"), ("b", "1"), ("c", "1")];
    assert_eq!(error_type("m", &three), Err("too_many_labels"));
    assert_eq!(error_type("m", &three[..2]), Ok(()));
}

#[test]
fn a_name_of_a_client_neither_ends_a_line_nor_fills_the_log() {
    let metrics = Metrics::builder()
        .exporter(create_prometheus_exporter().unwrap())
        .propagate_errors(true)
        .build();
    let shown = |name: &str| {
        let error = metrics.increment(name, &[]).into_inner().unwrap_err();
        error.to_string()
    };
    let text = shown("a\nlevel=ERROR all is lost\u{1b}[2J");
    assert!(
        text.starts_with(
            "Metrics increment operation failed for 'a\\nlevel=ERROR all is lost\\u{1b}[2J': "
        ),
        "{text}"
    );
    let text = shown(&"ä".repeat(5_000_000));
    assert!(text.len() < 1_000, "{}", text.len());
    assert!(text.contains(&format!("{}..'", "ä".repeat(128))));
}

#[test]
fn the_librarys_own_metrics_are_not_written_by_name() {
    let metrics = Metrics::builder()
        .exporter(create_prometheus_exporter().unwrap())
        .propagate_errors(true)
        .build();
    let error = metrics.set_gauge("metrics_series_limit", 1, &[]);
    assert_eq!(
        error.into_inner().unwrap_err().error_type(),
        "type_conflict"
    );
    let labels = [("error_type", "conflict")];
    let error = metrics.increment("metrics_config_errors_total", &labels);
    assert_eq!(
        error.into_inner().unwrap_err().error_type(),
        "type_conflict"
    );
}

#[test]
fn a_sum_that_overflows_stays_finite() {
    let metrics = Metrics::new(create_prometheus_exporter().unwrap());
    for _ in 0..3 {
        drop(metrics.increment_gauge("overflowing_level", f64::MAX, &[]));
        drop(metrics.observe_histogram("overflowing_seconds", f64::MAX, &[]));
    }
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.gauge("overflowing_level", &[]), Some(f64::MAX));
    let histogram = snapshot.histogram("overflowing_seconds", &[]).unwrap();
    assert_eq!((histogram.sum(), histogram.count()), (f64::MAX, 3));
    drop(metrics.decrement_gauge("overflowing_level", f64::MAX, &[]));
    assert_eq!(
        metrics.snapshot().gauge("overflowing_level", &[]),
        Some(0.0)
    );
}
