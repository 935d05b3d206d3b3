//! Ready-made sets of metrics.

use super::{Exporter, Metrics, MetricsErrorConfig, MetricsResourceConfig, MonitoringConfig};
use crate::error::MetricsError;
use crate::export::NullExporter;

/// Metrics by name into a Prometheus exporter of their own.
///
/// # Errors
///
/// As [`create_prometheus_exporter`](crate::create_prometheus_exporter).
#[cfg(feature = "prometheus")]
pub fn create_metrics_with_prometheus_exporter() -> Result<Metrics, MetricsError> {
    Ok(Metrics::new(crate::export::create_prometheus_exporter()?))
}

/// Metrics by name that are not recorded. Declared metrics and other sets are not affected.
#[must_use]
pub fn create_metrics_with_null_exporter() -> Metrics {
    Metrics::new(NullExporter)
}

/// Metrics by name with at most this many names, and labels of one metric.
///
/// # Errors
///
/// None so far.
pub fn create_metrics_with_limits(
    exporter: impl Exporter,
    max_metrics: usize,
    max_labels_per_metric: usize,
) -> Result<Metrics, MetricsError> {
    Ok(Metrics::with_full_config(
        exporter,
        MonitoringConfig::default(),
        MetricsResourceConfig {
            max_metrics,
            max_labels_per_metric,
            ..MetricsResourceConfig::default()
        },
        MetricsErrorConfig::default(),
    ))
}

/// Metrics by name whose operations return their errors.
///
/// # Errors
///
/// None so far.
pub fn create_metrics_with_error_propagation(
    exporter: impl Exporter,
) -> Result<Metrics, MetricsError> {
    Ok(Metrics::with_full_config(
        exporter,
        MonitoringConfig::default(),
        MetricsResourceConfig::default(),
        MetricsErrorConfig {
            propagate_errors: true,
            ..MetricsErrorConfig::default()
        },
    ))
}
