//! A builder over exporters and settings.

use super::rate::Limiter;
use super::{
    Exporter, Inner, Metrics, MetricsErrorConfig, MetricsResourceConfig, MonitoringConfig,
};
use crate::export::NullExporter;
use crate::family::Cap;
use crate::registry::Registry;
use crate::report;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
    strict_label_values: bool,
}

impl Default for MetricsBuilder {
    fn default() -> Self {
        Self {
            exporter: NullExporter,
            monitoring: MonitoringConfig::default(),
            resource: MetricsResourceConfig::default(),
            error: MetricsErrorConfig::default(),
            strict_label_values: false,
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
            strict_label_values: self.strict_label_values,
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

    /// Whether label values with quotes, backslashes or line feeds are refused instead of escaped.
    #[must_use]
    pub const fn strict_label_values(mut self, strict: bool) -> Self {
        self.strict_label_values = strict;
        self
    }

    /// The metrics.
    #[must_use]
    pub fn build(self) -> Metrics {
        // Relaxed: only uniqueness matters.
        static IDS: AtomicU64 = AtomicU64::new(1);
        let Self {
            exporter,
            monitoring,
            resource,
            error,
            strict_label_values,
        } = self;
        if resource.enable_metric_cleanup {
            tracing::warn!(target: report::TARGET, "idle series are not dropped in this version");
        }
        let cap = Arc::new(Cap::new(resource.max_label_combinations));
        let registry = Arc::new(Registry::new(cap, resource.max_label_value_length));
        exporter.attach(&registry);
        Metrics {
            inner: Arc::new(Inner {
                id: IDS.fetch_add(1, Ordering::Relaxed),
                registry,
                null: exporter.is_null(),
                rate: Limiter::new(resource.max_operations_per_second),
                resource,
                errors: error,
                monitoring,
                strict_label_values,
                #[cfg(feature = "prometheus")]
                prometheus: exporter.prometheus(),
                #[cfg(feature = "http")]
                server: std::sync::Mutex::new(None),
            }),
        }
    }
}
