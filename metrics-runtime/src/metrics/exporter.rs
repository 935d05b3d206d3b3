//! Where metrics can go.

use crate::export::NullExporter;
#[cfg(feature = "prometheus")]
use crate::export::PrometheusExporter;
#[cfg(feature = "push")]
use crate::export::push::{Custom, DEFAULT_INTERVAL, Pusher, Settings, call_of};
#[cfg(feature = "push")]
use crate::snapshot::Snapshot;

/// What an exporter of the application's fails with: any error, which `?` converts.
///
/// An [`std::io::Error`] is counted as `io` or `timeout`, a [`MetricsError`](crate::MetricsError) by its own type,
/// anything else as `rejected`.
#[cfg(feature = "push")]
pub type ExportError = Box<dyn std::error::Error + Send + Sync>;

/// An exporter of the application's.
///
/// It is called on a thread of its own, at an interval and when [`Metrics::export`](crate::Metrics::export) asks for
/// it, one call at a time, and once more when the metrics are shut down. A call that takes longer than ten seconds
/// is dropped at its next await point; one that fails is tried again, later each time. Totals in a snapshot are
/// since the start of the process, so a failed call loses nothing.
///
/// There is a tokio runtime on that thread; the application's own is not needed.
///
/// ```
/// use instrumetrics_runtime::{ExportError, Exporter, Metrics, Snapshot};
///
/// struct Printer;
///
/// impl Exporter for Printer {
///     fn name(&self) -> &str {
///         "printer"
///     }
///
///     async fn export(&self, snapshot: Snapshot) -> Result<(), ExportError> {
///         for family in snapshot.families() {
///             println!("{}: {} series", family.name, family.series.len());
///         }
///         Ok(())
///     }
/// }
///
/// let metrics = Metrics::new(Printer);
/// # drop(metrics);
/// ```
#[cfg(feature = "push")]
pub trait Exporter: Send + Sync + 'static {
    /// Its name in logs and in the label `exporter` of the library's own metrics.
    fn name(&self) -> &str;

    /// Exports all metrics.
    fn export(&self, snapshot: Snapshot) -> impl Future<Output = Result<(), ExportError>> + Send;
}

/// What metrics can be given to: the exporters of this library, and everything that implements `Exporter` (feature
/// `push`).
pub trait AttachExporter: sealed::Sealed {
    #[doc(hidden)]
    fn part(self) -> Part;
}

/// An exporter as metrics hold it.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Part(pub(crate) Kind);

impl Part {
    pub(super) const fn is_null(&self) -> bool {
        matches!(self.0, Kind::Null)
    }

    #[cfg(feature = "prometheus")]
    pub(super) const fn is_prometheus(&self) -> bool {
        matches!(self.0, Kind::Prometheus(_))
    }
}

/// The kinds of exporters.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Exports nothing.
    Null,
    /// Is asked by its reader.
    #[cfg(feature = "prometheus")]
    Prometheus(PrometheusExporter),
    /// Pushes.
    #[cfg(feature = "push")]
    Push(Pusher),
}

mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for NullExporter {}
impl AttachExporter for NullExporter {
    fn part(self) -> Part {
        Part(Kind::Null)
    }
}

#[cfg(feature = "prometheus")]
impl sealed::Sealed for PrometheusExporter {}
#[cfg(feature = "prometheus")]
impl AttachExporter for PrometheusExporter {
    fn part(self) -> Part {
        Part(Kind::Prometheus(self))
    }
}

#[cfg(feature = "push")]
impl<E: Exporter> sealed::Sealed for E {}
#[cfg(feature = "push")]
impl<E: Exporter> AttachExporter for E {
    fn part(self) -> Part {
        let name = self.name().to_owned();
        let settings = Settings::every(DEFAULT_INTERVAL);
        let call = call_of(self);
        Part(Kind::Push(Pusher::new(&name, settings, move || {
            Box::new(Custom::new(call.clone()))
        })))
    }
}

/// Exporters of this library that push, and their features.
macro_rules! push {
    ($($feature:literal => $exporter:ident,)*) => {$(
        #[cfg(feature = $feature)]
        impl sealed::Sealed for crate::$exporter {}
        #[cfg(feature = $feature)]
        impl AttachExporter for crate::$exporter {
            fn part(self) -> Part {
                Part(Kind::Push(self.into_pusher()))
            }
        }
    )*};
}

push! {
    "datadog" => DatadogExporter,
    "graphite" => GraphiteExporter,
    "influx" => InfluxExporter,
    "json" => JsonExporter,
    "otlp" => OtlpExporter,
    "pushgateway" => PushgatewayExporter,
    "remote-write" => RemoteWriteExporter,
    "statsd" => StatsdExporter,
}
