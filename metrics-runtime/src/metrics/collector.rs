//! The operations, as a trait that can be made into an object.

use super::lookup::Wanted;
use super::operations::operations;
use super::{Metrics, both};
use crate::error::MetricsError;
use crate::label::LabelValue;
use crate::number::Number;
use instrumetrics_grammar::Kind;
use std::future::Ready;

/// The result of an operation: a future that is ready at once.
pub type Recorded = Ready<Result<(), MetricsError>>;

/// Something that takes operations on metrics by name: [`Metrics`](super::Metrics), or a stand-in of yours.
///
/// It can be shared as `Arc<dyn MetricsCollector + Send + Sync>`, on which all operations are there too. Only
/// [`record`](Self::record) needs to be written; the others are made of it.
///
/// ```
/// use instrumetrics_runtime::{MetricsCollector, create_metrics_with_null_exporter};
/// use std::sync::Arc;
///
/// # async fn example() -> Result<(), instrumetrics_runtime::MetricsError> {
/// let metrics: Arc<dyn MetricsCollector + Send + Sync> = Arc::new(create_metrics_with_null_exporter());
/// metrics.increment("requests_total", &[("method", "GET")]).await?;
/// # Ok(())
/// # }
/// ```
pub trait MetricsCollector {
    /// Performs an operation. It takes effect at the call.
    fn record(&self, operation: Operation<'_>) -> Recorded;
}

/// The operations for generic code, `fn f(metrics: &impl MetricsCollector)`; [`Metrics`] and objects have them
/// without this trait.
pub trait MetricsCollectorExt: MetricsCollector {
    operations!([]);
}

impl<T: MetricsCollector + ?Sized> MetricsCollectorExt for T {}

impl Metrics {
    operations!([pub]);
}

impl dyn MetricsCollector + '_ {
    operations!([pub]);
}

impl dyn MetricsCollector + Send + Sync + '_ {
    operations!([pub]);
}

/// One operation on a metric by name.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Operation<'a> {
    /// Lets a counter grow.
    #[non_exhaustive]
    Increment {
        /// The method that was called.
        method: &'static str,
        /// The metric.
        name: &'a str,
        /// The amount, if it is a whole number that is not negative.
        by: Option<u64>,
        /// The amount as a real number.
        real: f64,
        /// Names and values.
        labels: &'a [(&'a str, &'a str)],
    },
    /// Sets a gauge.
    #[non_exhaustive]
    SetGauge {
        /// The metric.
        name: &'a str,
        /// The new value.
        value: f64,
        /// Names and values.
        labels: &'a [(&'a str, &'a str)],
    },
    /// Adds to a gauge, or takes away.
    #[non_exhaustive]
    ShiftGauge {
        /// The method that was called.
        method: &'static str,
        /// The metric.
        name: &'a str,
        /// By how much; negative to take away.
        by: f64,
        /// Names and values.
        labels: &'a [(&'a str, &'a str)],
    },
    /// Observes a value in a histogram.
    #[non_exhaustive]
    Observe {
        /// The metric.
        name: &'a str,
        /// The value, in the unit of the metric's name.
        value: f64,
        /// Names and values.
        labels: &'a [(&'a str, &'a str)],
    },
}

impl<'a> Operation<'a> {
    /// The metric.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        match self {
            Self::Increment { name, .. }
            | Self::SetGauge { name, .. }
            | Self::ShiftGauge { name, .. }
            | Self::Observe { name, .. } => name,
        }
    }

    /// Names and values of the labels.
    #[must_use]
    pub const fn labels(&self) -> &'a [(&'a str, &'a str)] {
        match self {
            Self::Increment { labels, .. }
            | Self::SetGauge { labels, .. }
            | Self::ShiftGauge { labels, .. }
            | Self::Observe { labels, .. } => labels,
        }
    }

    /// The method that was called, as messages name it.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        match self {
            Self::Increment { method, .. } | Self::ShiftGauge { method, .. } => method,
            Self::SetGauge { .. } => "set_gauge",
            Self::Observe { .. } => "observe_histogram",
        }
    }

    /// Whether it can be taken.
    #[inline]
    pub(super) fn is_acceptable(&self) -> bool {
        match *self {
            Self::Increment { real, .. } => real.is_finite() && real >= 0.0,
            _ => self.value().is_finite(),
        }
    }

    /// The number.
    pub(super) const fn value(&self) -> f64 {
        match self {
            Self::Increment { real, .. } => *real,
            Self::SetGauge { value, .. } | Self::Observe { value, .. } => *value,
            Self::ShiftGauge { by, .. } => *by,
        }
    }

    pub(super) const fn wanted(&self) -> Wanted<'a> {
        Wanted {
            operation: self.method(),
            kind: match self {
                Self::Increment { .. } => Kind::Counter,
                Self::SetGauge { .. } | Self::ShiftGauge { .. } => Kind::Gauge,
                Self::Observe { .. } => Kind::Histogram,
            },
            name: self.name(),
            labels: self.labels(),
            fraction: match *self {
                Self::Increment { by: None, real, .. } => Some(real),
                _ => None,
            },
        }
    }
}
