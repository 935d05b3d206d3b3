//! What is logged, at which level, and how often.

use crate::child::{Ended, run};

const PROMETHEUS: (&str, &str) = ("METRICS_EXPORTER", "prometheus");

fn report(environment: &[(&str, &str)]) -> Ended {
    run("report", &[&[PROMETHEUS], environment].concat())
}

#[test]
fn the_configuration_in_force_is_logged_once_with_all_its_values() {
    for environment in [
        &[][..],
        &[PROMETHEUS],
        &[PROMETHEUS, ("METRICS_MAX_METRICS", "77")],
    ] {
        let ended = run("report", environment);
        let [line] = ended.logged("metrics are configured")[..] else {
            panic!("{ended:#?}");
        };
        assert!(line.contains(" INFO instrumetrics: "), "{line}");
        let max = if environment.len() == 2 { "77" } else { "1000" };
        assert!(line.contains(&format!("max_metrics: {max}")), "{line}");
        for field in [
            "max_label_combinations: 10000",
            "propagate_errors: false",
            "error_log_level: \"warn\"",
        ] {
            assert!(line.contains(field), "{field}: {line}");
        }
    }
}

#[test]
fn an_error_is_logged_once_a_minute_at_the_level_chosen() {
    let text = "Metrics increment operation failed for 'bad-name'";
    let ended = report(&[]);
    let [line] = ended.logged(text)[..] else {
        panic!("{ended:#?}")
    };
    assert!(line.contains(" WARN instrumetrics: "), "{line}");
    assert!(line.contains("held_back=0"), "{line}");
    for level in ["error", "warn", "info", "debug", "trace"] {
        let ended = report(&[("METRICS_ERROR_LOG_LEVEL", level)]);
        let [line] = ended.logged(text)[..] else {
            panic!("{ended:#?}")
        };
        let level = format!(" {} instrumetrics: ", level.to_uppercase());
        assert!(line.contains(&level), "{line}");
    }
}

#[test]
fn each_category_has_its_switch() {
    let limits = [
        ("METRICS_MAX_LABEL_COMBINATIONS", "2"),
        ("METRICS_MAX_METRICS", "6"),
    ];
    let validation = "invalid metric name";
    let resource = ["label combinations already", "metrics already"];
    let ended = report(&limits);
    assert_eq!(ended.logged(validation).len(), 1);
    for part in resource {
        assert_eq!(ended.logged(part).len(), 1, "{part} {ended:#?}");
    }
    let quiet = [&limits[..], &[("METRICS_LOG_VALIDATION_ERRORS", "false")]].concat();
    let ended = report(&quiet);
    assert_eq!(ended.logged(validation).len(), 0);
    assert_eq!(ended.logged(resource[0]).len(), 1);
    let quiet = [&limits[..], &[("METRICS_LOG_RESOURCE_ERRORS", "false")]].concat();
    let ended = report(&quiet);
    assert_eq!(ended.logged(validation).len(), 1);
    for part in resource {
        assert_eq!(ended.logged(part).len(), 0, "{part} {ended:#?}");
    }
    // Logged or not, it is counted.
    let counted =
        "metrics_resource_errors_total{error_type=\"label_combinations\",operation=\"increment\"}";
    assert!(ended.stdout.contains(counted), "{ended:#?}");
}

#[test]
fn what_an_exporter_leaves_out_is_logged() {
    let ended = report(&[]);
    let lines = ended.logged("left a metric out");
    assert_eq!(lines.len(), 1, "{ended:#?}");
    assert!(lines[0].contains("collision"), "{lines:?}");
    let ended = report(&[("METRICS_LOG_EXPORT_ERRORS", "false")]);
    assert_eq!(ended.logged("left a metric out").len(), 0, "{ended:#?}");
}

#[test]
fn a_variable_that_is_not_known_is_logged_with_the_nearest() {
    let ended = report(&[
        ("METRICS_MAX_METRIC", "7"),
        ("METRICS_PORT", "tcp://10.0.0.1:1"),
    ]);
    let [line] = ended.logged("is not a variable of this library")[..] else {
        panic!("{ended:#?}")
    };
    assert!(
        line.contains(" WARN instrumetrics: METRICS_MAX_METRIC is not"),
        "{line}"
    );
    assert!(
        line.ends_with("did you mean METRICS_MAX_METRICS?"),
        "{line}"
    );
    let quiet = [
        ("METRICS_MAX_METRIC", "7"),
        ("METRICS_LOG_CONFIG_ERRORS", "false"),
    ];
    assert_eq!(report(&quiet).logged("is not a variable").len(), 0);
}
