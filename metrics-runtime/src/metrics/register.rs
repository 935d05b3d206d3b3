//! Exporters that are registered by name: any exporter, or an async closure.

use super::exporter::{ExportError, Exporter, Kind, Part};
use crate::AttachExporter;
use crate::export::push::{Call, Custom, Pusher, Settings, call_of};
use crate::snapshot::Snapshot;
use std::sync::Arc;
use std::time::Duration;

/// What [`Metrics::register_exporter`](crate::Metrics::register_exporter) takes: an
/// [`Exporter`](crate::Exporter), an exporter of this library, or a closure that takes a
/// [`Snapshot`](crate::Snapshot) and returns a future. `Way` only tells these apart; it is always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no exporter",
    note = "an exporter is a closure `|snapshot| async move {{ ..; Ok(()) }}`, whose future is `Send`, or a type that implements `Exporter`"
)]
pub trait RegisterExporter<Way> {
    #[doc(hidden)]
    fn named(self, name: &str, interval: Duration) -> Part;
}

/// By the trait `Exporter`.
#[doc(hidden)]
#[derive(Debug)]
pub struct ByTrait;

/// By being called.
#[doc(hidden)]
#[derive(Debug)]
pub struct ByCall;

/// By being one of this library's.
#[doc(hidden)]
#[derive(Debug)]
pub struct ByLibrary;

impl<E: Exporter> RegisterExporter<ByTrait> for E {
    fn named(self, name: &str, interval: Duration) -> Part {
        calling(name, interval, call_of(self))
    }
}

/// An exporter of this library keeps its own name and interval.
impl<E: AttachExporter + Library> RegisterExporter<ByLibrary> for E {
    fn named(self, _: &str, _: Duration) -> Part {
        self.part()
    }
}

/// The exporters of this library.
#[doc(hidden)]
pub trait Library {}
impl Library for crate::NullExporter {}
#[cfg(feature = "prometheus")]
impl Library for crate::PrometheusExporter {}
#[cfg(feature = "otlp")]
impl Library for crate::OtlpExporter {}
#[cfg(feature = "json")]
impl Library for crate::JsonExporter {}
#[cfg(feature = "graphite")]
impl Library for crate::GraphiteExporter {}
#[cfg(feature = "influx")]
impl Library for crate::InfluxExporter {}
#[cfg(feature = "datadog")]
impl Library for crate::DatadogExporter {}
#[cfg(feature = "pushgateway")]
impl Library for crate::PushgatewayExporter {}
#[cfg(feature = "remote-write")]
impl Library for crate::RemoteWriteExporter {}
#[cfg(feature = "statsd")]
impl Library for crate::StatsdExporter {}

impl<F, R> RegisterExporter<ByCall> for F
where
    F: Fn(Snapshot) -> R + Send + Sync + 'static,
    R: Future<Output: Exported> + Send + 'static,
{
    fn named(self, name: &str, interval: Duration) -> Part {
        let call: Call = Arc::new(move |snapshot| {
            let future = self(snapshot);
            Box::pin(async move { future.await.result() })
        });
        calling(name, interval, call)
    }
}

/// What the future of a closure gives: nothing, or a result.
#[diagnostic::on_unimplemented(
    message = "an exporter does not return `{Self}`",
    note = "its future gives `()`, or `Result<(), instrumetrics::ExportError>`, into which `?` converts any error"
)]
pub trait Exported {
    #[doc(hidden)]
    fn result(self) -> Result<(), ExportError>;
}

impl Exported for () {
    fn result(self) -> Result<(), ExportError> {
        Ok(())
    }
}

impl Exported for Result<(), ExportError> {
    fn result(self) -> Result<(), ExportError> {
        self
    }
}

fn calling(name: &str, interval: Duration, call: Call) -> Part {
    let settings = Settings::every(interval);
    Part(Kind::Push(Pusher::new(name, settings, move || {
        Box::new(Custom::new(Arc::clone(&call)))
    })))
}
