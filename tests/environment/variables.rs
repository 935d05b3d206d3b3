//! What each variable does.

use crate::child::{Ended, run};
use instrumetrics::MetricsResourceConfig;

const PROMETHEUS: (&str, &str) = ("METRICS_EXPORTER", "prometheus");

fn report(environment: &[(&str, &str)]) -> Ended {
    let ended = run("report", environment);
    assert_eq!(ended.said("created"), "yes");
    ended
}

fn limits(environment: &[(&str, &str)]) -> String {
    report(environment).said("limits").to_owned()
}

#[test]
fn without_variables_nothing_is_exported_and_nothing_recorded() {
    let empty: &[(&str, &str)] = &[];
    let unset = [
        ("METRICS_EXPORTER", ""),
        ("METRICS_MAX_METRICS", " "),
        ("METRICS_HTTP_ADDR", "\t"),
        ("METRICS_HTTP_BEARER_TOKEN", ""),
        ("METRICS_HTTP_BEARER_TOKEN_FILE", ""),
        ("METRICS_HISTOGRAM_BUCKETS", ""),
        ("METRICS_HISTOGRAM_BUCKETS_WAIT_SECONDS", ""),
        ("PROMETHEUS_NAMESPACE", ""),
    ];
    let null = [("METRICS_EXPORTER", "null")];
    for environment in [empty, &unset, &null] {
        let ended = report(environment);
        assert_eq!(ended.said("recording"), "false");
        assert_eq!(ended.said("prometheus"), "false");
        assert_eq!(ended.said("http"), "false");
        assert_eq!(ended.said("good"), "ok");
        assert_eq!(ended.said("bad name"), "ok");
        assert_eq!(ended.said("declared"), "Some(0.0)");
        assert_eq!(ended.said("recording after another exporter"), "true");
        let defaults = format!("{:?}", MetricsResourceConfig::default());
        assert_eq!(ended.said("limits"), defaults);
    }
}

#[test]
fn prometheus_alone_or_beside_null() {
    for value in [
        "prometheus",
        " Prometheus ",
        "null,prometheus",
        "prometheus, null",
    ] {
        let ended = report(&[("METRICS_EXPORTER", value)]);
        assert_eq!(ended.said("recording"), "true", "{value}");
        assert_eq!(ended.said("prometheus"), "true", "{value}");
        assert_eq!(ended.said("removal"), "true");
        assert_eq!(ended.said("declared"), "Some(1.0)");
        for line in [
            "good_total{label=\"value\"} 1",
            "quoted_total{label=\"a\\\"b\"} 1",
            "plain_total 1",
            "own_spaced_total 1",
        ] {
            assert!(
                ended.stdout.lines().any(|said| said == line),
                "{line} {ended:#?}"
            );
        }
    }
}

#[test]
fn the_older_name_of_the_exporter_is_taken_and_said_once_in_the_log() {
    let environment = [("METRICS_BACKEND", "prometheus")];
    let ended = run("twice", &environment);
    assert_eq!(ended.said("prometheus"), "true");
    assert_eq!(ended.logged("METRICS_BACKEND").len(), 1, "{ended:#?}");
    let ended = run("twice", &[PROMETHEUS]);
    assert_eq!(ended.logged("METRICS_BACKEND").len(), 0, "{ended:#?}");
}

#[test]
fn each_limit_is_in_force() {
    let defaults = MetricsResourceConfig::default;
    let cases: [(&str, &str, MetricsResourceConfig); 9] = [
        (
            "METRICS_MAX_METRICS",
            "3",
            MetricsResourceConfig {
                max_metrics: 3,
                ..defaults()
            },
        ),
        (
            "PROMETHEUS_MAX_METRICS",
            "3",
            MetricsResourceConfig {
                max_metrics: 3,
                ..defaults()
            },
        ),
        (
            "METRICS_MAX_LABEL_COMBINATIONS",
            "4",
            MetricsResourceConfig {
                max_label_combinations: 4,
                ..defaults()
            },
        ),
        (
            "METRICS_MAX_METRIC_NAME_LENGTH",
            "5",
            MetricsResourceConfig {
                max_metric_name_length: 5,
                ..defaults()
            },
        ),
        (
            "METRICS_MAX_LABEL_NAME_LENGTH",
            "6",
            MetricsResourceConfig {
                max_label_name_length: 6,
                ..defaults()
            },
        ),
        (
            "METRICS_MAX_LABEL_VALUE_LENGTH",
            "7",
            MetricsResourceConfig {
                max_label_value_length: 7,
                ..defaults()
            },
        ),
        (
            "METRICS_MAX_LABELS_PER_METRIC",
            "0",
            MetricsResourceConfig {
                max_labels_per_metric: 0,
                ..defaults()
            },
        ),
        (
            "METRICS_RATE_LIMIT",
            "9",
            MetricsResourceConfig {
                max_operations_per_second: 9,
                ..defaults()
            },
        ),
        (
            "METRICS_CLEANUP_INTERVAL_SECONDS",
            "10",
            MetricsResourceConfig {
                cleanup_interval_seconds: 10,
                ..defaults()
            },
        ),
    ];
    for (name, value, expected) in cases {
        assert_eq!(limits(&[(name, value)]), format!("{expected:?}"), "{name}");
    }
    // Both, when they agree.
    let both = [
        ("METRICS_MAX_METRICS", "3"),
        ("PROMETHEUS_MAX_METRICS", "3"),
    ];
    assert_eq!(limits(&both), limits(&both[..1]));
}

#[test]
fn a_limit_refuses_or_diverts_where_errors_propagate() {
    let propagate = ("METRICS_PROPAGATE_ERRORS", "true");
    let ended = report(&[PROMETHEUS, propagate, ("METRICS_MAX_METRICS", "4")]);
    assert_eq!(
        ended.said("bad name"),
        "Metrics increment operation failed for 'bad-name': invalid metric name: only ASCII letters, digits and `_` are \
         allowed (`[a-zA-Z_][a-zA-Z0-9_]*`); 'bad_name' would do (Context: max_metrics=4, max_labels_per_metric=16, \
         monitoring_enabled=true)"
    );
    assert!(ended.said("name").contains("there are 4 metrics already"));

    let ended = report(&[
        PROMETHEUS,
        propagate,
        ("METRICS_MAX_LABEL_COMBINATIONS", "2"),
    ]);
    assert_eq!(ended.said("combination"), "ok");
    let overflow = "combined_total{label=\"__overflow__\"} 5\n";
    assert!(ended.stdout.contains(overflow), "{ended:#?}");

    let ended = report(&[
        PROMETHEUS,
        propagate,
        ("METRICS_MAX_LABEL_VALUE_LENGTH", "4"),
    ]);
    assert_eq!(ended.said("long value"), "ok");
    assert!(ended.stdout.contains("good_total{label=\"0123\"} 1\n"));
    assert!(ended.stdout.contains("good_total{label=\"valu\"} 1\n"));

    let ended = report(&[PROMETHEUS, propagate, ("METRICS_RATE_LIMIT", "1")]);
    assert!(
        ended
            .stdout
            .contains("more than 1 operations in this second")
    );

    let simple = ("METRICS_DETAILED_ERROR_CONTEXT", "false");
    let ended = report(&[PROMETHEUS, propagate, simple]);
    assert!(ended.said("bad name").ends_with("'bad_name' would do"));

    let strict = ("METRICS_STRICT_LABEL_VALUES", "true");
    let ended = report(&[PROMETHEUS, propagate, strict]);
    assert!(ended.said("quoted").contains("has a quote"));
    assert_eq!(ended.said("good"), "ok");
}

/// The bounds of a metric in an exposition.
fn bounds<'a>(ended: &'a Ended, name: &str) -> Vec<&'a str> {
    let begin = format!("{name}_bucket{{le=\"");
    let lines = ended.stdout.lines();
    lines
        .filter_map(|line| line.strip_prefix(&begin)?.split('"').next())
        .collect()
}

#[test]
fn bounds_by_metric_then_by_code_then_in_general_then_by_unit() {
    let seconds = [
        "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "+Inf",
    ];
    let ended = report(&[PROMETHEUS]);
    assert_eq!(bounds(&ended, "wait_seconds"), seconds);
    assert_eq!(bounds(&ended, "unbounded_seconds"), seconds);
    assert_eq!(bounds(&ended, "bounded_seconds"), ["7.0", "+Inf"]);
    assert_eq!(bounds(&ended, "size_bytes")[..2], ["256.0", "1024.0"]);

    let general = ("METRICS_HISTOGRAM_BUCKETS", "1, 2.5");
    let ended = report(&[PROMETHEUS, general]);
    for name in ["wait_seconds", "unbounded_seconds"] {
        assert_eq!(bounds(&ended, name), ["1.0", "2.5", "+Inf"], "{name}");
    }
    assert_eq!(bounds(&ended, "bounded_seconds"), ["7.0", "+Inf"]);
    assert_eq!(bounds(&ended, "size_bytes").len(), 12, "no duration");

    let ended = report(&[
        PROMETHEUS,
        general,
        ("PROMETHEUS_NAMESPACE", "acme"),
        ("METRICS_HISTOGRAM_BUCKETS_WAIT_SECONDS", "3"),
        ("METRICS_HISTOGRAM_BUCKETS_BOUNDED_SECONDS", "4"),
        ("METRICS_HISTOGRAM_BUCKETS_SIZE_BYTES", "5"),
    ]);
    assert_eq!(bounds(&ended, "acme_wait_seconds"), ["3.0", "+Inf"]);
    assert_eq!(bounds(&ended, "acme_bounded_seconds"), ["4.0", "+Inf"]);
    assert_eq!(bounds(&ended, "acme_size_bytes"), ["5.0", "+Inf"]);
    assert_eq!(
        bounds(&ended, "acme_unbounded_seconds"),
        ["1.0", "2.5", "+Inf"]
    );
}

#[test]
fn a_namespace_constant_labels_and_no_removal() {
    let ended = report(&[
        PROMETHEUS,
        ("PROMETHEUS_NAMESPACE", "acme"),
        ("METRICS_CONST_LABELS", "region=eu, zone = a b ,empty=,"),
        ("PROMETHEUS_ALLOW_REMOVAL", "false"),
    ]);
    assert_eq!(ended.said("removal"), "false");
    for line in [
        "acme_good_total{label=\"value\",region=\"eu\",zone=\"a b\"} 1",
        "acme_plain_total{region=\"eu\",zone=\"a b\"} 1",
        "own_spaced_total{region=\"eu\",zone=\"a b\"} 1",
    ] {
        assert!(
            ended.stdout.lines().any(|said| said == line),
            "{line} {ended:#?}"
        );
    }
    // The library's own as well.
    let errors = "acme_metrics_validation_errors_total{error_type=\"invalid_name\",metric_name=\"bad-name\",\
                  operation=\"increment\",region=\"eu\",zone=\"a b\"} 2\n";
    assert!(ended.stdout.contains(errors), "{ended:#?}");
}
