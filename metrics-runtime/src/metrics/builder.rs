//! A builder over exporters and settings.

use super::{Exporter, Metrics, MetricsErrorConfig, MetricsResourceConfig, MonitoringConfig};
use crate::export::NullExporter;

/// Builds [`Metrics`]; every setting has its default.
///
/// ```
/// use instrumetrics_runtime::{Metrics, create_prometheus_exporter};
///
/// # fn main() -> Result<(), instrumetrics_runtime::MetricsError> {
/// let metrics = Metrics::builder()
///     .exporter(create_prometheus_exporter()?)
///     .max_metrics(200)
///     .propagate_errors(true)
///     .build();
/// # assert_eq!(metrics.limits().max_metrics, 200);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MetricsBuilder<E = NullExporter> {
    exporter: E,
    monitoring: MonitoringConfig,
    resource: MetricsResourceConfig,
    error: MetricsErrorConfig,
}

impl Default for MetricsBuilder {
    fn default() -> Self {
        Self {
            exporter: NullExporter,
            monitoring: MonitoringConfig::default(),
            resource: MetricsResourceConfig::default(),
            error: MetricsErrorConfig::default(),
        }
    }
}

impl<E: Exporter> MetricsBuilder<E> {
    /// Where the metrics go; nowhere unless this is called.
    #[must_use]
    pub fn exporter<F: Exporter>(self, exporter: F) -> MetricsBuilder<F> {
        MetricsBuilder {
            exporter,
            monitoring: self.monitoring,
            resource: self.resource,
            error: self.error,
        }
    }

    /// All limits at once.
    #[must_use]
    pub fn resource_config(mut self, resource: MetricsResourceConfig) -> Self {
        self.resource = resource;
        self
    }

    /// Everything about errors at once.
    #[must_use]
    pub fn error_config(mut self, error: MetricsErrorConfig) -> Self {
        self.error = error;
        self
    }

    /// What the library tells about itself.
    #[must_use]
    pub const fn monitoring_config(mut self, monitoring: MonitoringConfig) -> Self {
        self.monitoring = monitoring;
        self
    }

    /// How many names there may be.
    #[must_use]
    pub const fn max_metrics(mut self, max: usize) -> Self {
        self.resource.max_metrics = max;
        self
    }

    /// How many label combinations there may be in all.
    #[must_use]
    pub const fn max_label_combinations(mut self, max: usize) -> Self {
        self.resource.max_label_combinations = max;
        self
    }

    /// How many labels one metric may have.
    #[must_use]
    pub const fn max_labels_per_metric(mut self, max: usize) -> Self {
        self.resource.max_labels_per_metric = max;
        self
    }

    /// Whether operations return their errors.
    #[must_use]
    pub const fn propagate_errors(mut self, propagate: bool) -> Self {
        self.error.propagate_errors = propagate;
        self
    }

    /// The metrics.
    #[must_use]
    pub fn build(self) -> Metrics {
        Metrics::with_full_config(self.exporter, self.monitoring, self.resource, self.error)
    }
}
