//! Settings of a set of metrics by name.

use instrumetrics_grammar as grammar;

/// How much a set of metrics by name may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricsResourceConfig {
    /// Metric names; another is refused.
    pub max_metrics: usize,
    /// Label combinations in all; another is recorded in the overflow series.
    pub max_label_combinations: usize,
    /// Bytes of a metric's name.
    pub max_metric_name_length: usize,
    /// Bytes of a label's name.
    pub max_label_name_length: usize,
    /// Bytes of a label's value; a longer one is cut at a character boundary.
    pub max_label_value_length: usize,
    /// Labels of one metric.
    pub max_labels_per_metric: usize,
    /// Whether dynamic series are removed that nothing recorded into for a while and that no handle is on; then a metric
    /// by name without series, too. It holds for these metrics by name and for the declared ones of the process; of
    /// several sets that do it, the shortest while holds for the latter. A series that comes back begins at zero.
    pub enable_metric_cleanup: bool,
    /// For how long, in seconds, 1 or more; they are removed within another quarter of it.
    pub cleanup_interval_seconds: u64,
    /// Operations by name a second; the excess is refused. 0 is no limit.
    pub max_operations_per_second: u64,
}

impl Default for MetricsResourceConfig {
    fn default() -> Self {
        Self {
            max_metrics: 1000,
            max_label_combinations: 10_000,
            max_metric_name_length: grammar::MAX_METRIC_NAME_LENGTH,
            max_label_name_length: grammar::MAX_LABEL_NAME_LENGTH,
            max_label_value_length: grammar::MAX_LABEL_VALUE_LENGTH,
            max_labels_per_metric: grammar::MAX_LABELS,
            enable_metric_cleanup: false,
            cleanup_interval_seconds: 300,
            max_operations_per_second: 0,
        }
    }
}

/// What becomes of errors.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "one switch per category")]
pub struct MetricsErrorConfig {
    /// Whether broken rules are logged.
    pub log_validation_errors: bool,
    /// Whether reached limits are logged.
    pub log_resource_errors: bool,
    /// Whether failures of exporters are logged.
    pub log_export_errors: bool,
    /// Whether wrong settings are logged.
    pub log_config_errors: bool,
    /// Whether operations return errors; otherwise they always return `Ok`.
    pub propagate_errors: bool,
    /// Whether a message names the limits that were in force.
    pub detailed_error_context: bool,
    /// The level at which errors are logged: `error`, `warn`, `info`, `debug` or `trace`.
    pub error_log_level: String,
}

impl Default for MetricsErrorConfig {
    fn default() -> Self {
        Self {
            log_validation_errors: true,
            log_resource_errors: true,
            log_export_errors: true,
            log_config_errors: true,
            propagate_errors: false,
            detailed_error_context: true,
            error_log_level: "warn".to_owned(),
        }
    }
}

/// What the library tells about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitoringConfig {
    /// Whether errors are counted in `metrics_validation_errors_total` and the like.
    pub monitoring_enabled: bool,
}

impl Default for MonitoringConfig {
    fn default() -> Self {
        Self {
            monitoring_enabled: true,
        }
    }
}
