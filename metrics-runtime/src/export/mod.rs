//! Where metrics go.

mod null;
#[cfg(feature = "otlp")]
pub(crate) mod otlp;
#[cfg(feature = "prometheus")]
pub(crate) mod prometheus;
#[cfg(feature = "push")]
pub(crate) mod push;
#[cfg(any(feature = "prometheus", feature = "push"))]
pub(crate) mod sources;
pub(crate) mod text;

pub use null::{NullExporter, create_null_exporter};
#[cfg(feature = "otlp")]
pub use otlp::{OtlpCompression, OtlpConfig, OtlpExporter, OtlpProtocol, OtlpTemporality};
#[cfg(feature = "prometheus")]
pub use prometheus::{PrometheusConfig, PrometheusExporter, create_prometheus_exporter};
pub use text::{Format, render};
