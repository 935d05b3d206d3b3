//! A builder over exporters and settings.

use super::exporter::{AttachExporter, Part};
use super::rate::Limiter;
use super::{Inner, Metrics, MetricsErrorConfig, MetricsResourceConfig, MonitoringConfig};
use crate::error::MetricsError;
use crate::family::Cap;
use crate::registry::Registry;
use crate::report;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

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
#[derive(Clone, Debug, Default)]
pub struct MetricsBuilder {
    exporters: Vec<Part>,
    monitoring: MonitoringConfig,
    resource: MetricsResourceConfig,
    error: MetricsErrorConfig,
    strict_label_values: bool,
    #[cfg(feature = "push")]
    export_interval: Option<std::time::Duration>,
}

impl MetricsBuilder {
    /// Where the metrics go: nowhere unless this is called, and everywhere at once if it is called more than once.
    #[must_use]
    pub fn exporter(mut self, exporter: impl AttachExporter) -> Self {
        self.exporters.push(exporter.part());
        self
    }

    /// How often exporters push that are registered later and have no interval of their own; 60 seconds unless
    /// this is called.
    #[cfg(feature = "push")]
    #[must_use]
    pub const fn export_interval(mut self, interval: std::time::Duration) -> Self {
        self.export_interval = Some(interval);
        self
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
    ///
    /// An exporter whose thread cannot be started is logged, counted in `metrics_export_errors_total`, and left
    /// out.
    #[must_use]
    pub fn build(self) -> Metrics {
        let (metrics, failed) = self.attached();
        for error in failed {
            metrics.inner.reported(&error);
        }
        metrics
    }

    /// As [`build`](Self::build), where an exporter that cannot be started is an error.
    pub(super) fn checked(self) -> Result<Metrics, MetricsError> {
        let (metrics, failed) = self.attached();
        failed.into_iter().next().map_or(Ok(metrics), Err)
    }

    /// The metrics, and why exporters could not be attached.
    fn attached(self) -> (Metrics, Vec<MetricsError>) {
        // Relaxed: only uniqueness matters.
        static IDS: AtomicU64 = AtomicU64::new(1);
        let resource = self.resource;
        if resource.enable_metric_cleanup {
            tracing::warn!(target: report::TARGET, "idle series are not dropped in this version");
        }
        let cap = Arc::new(Cap::new(resource.max_label_combinations));
        let registry = Arc::new(Registry::new(cap, resource.max_label_value_length));
        let metrics = Metrics {
            inner: Arc::new(Inner {
                id: IDS.fetch_add(1, Ordering::Relaxed),
                registry,
                null: AtomicBool::new(true),
                rate: Limiter::new(resource.max_operations_per_second),
                resource,
                errors: self.error,
                monitoring: self.monitoring,
                strict_label_values: self.strict_label_values,
                #[cfg(feature = "prometheus")]
                prometheus: std::sync::OnceLock::new(),
                #[cfg(feature = "http")]
                server: std::sync::Mutex::new(None),
                #[cfg(feature = "push")]
                attached: super::attached::Attached::default(),
                #[cfg(feature = "push")]
                export_interval: self
                    .export_interval
                    .unwrap_or(crate::export::push::DEFAULT_INTERVAL),
            }),
        };
        let attached = self.exporters.into_iter();
        let failed = attached
            .filter_map(|part| metrics.inner.attach(part).err())
            .collect();
        (metrics, failed)
    }
}
