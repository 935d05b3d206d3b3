//! Where metrics go.

#[cfg(feature = "datadog")]
pub(crate) mod datadog;
#[cfg(feature = "graphite")]
mod graphite;
#[cfg(feature = "influx")]
mod influx;
#[cfg(feature = "json")]
pub(crate) mod json;
#[cfg(any(feature = "prometheus", feature = "_backend"))]
pub(crate) mod labels;
#[cfg(feature = "_backend")]
pub(crate) mod mapping;
mod null;
#[cfg(feature = "otlp")]
pub(crate) mod otlp;
#[cfg(feature = "prometheus")]
pub(crate) mod prometheus;
#[cfg(feature = "push")]
pub(crate) mod push;
#[cfg(feature = "pushgateway")]
pub(crate) mod pushgateway;
#[cfg(feature = "remote-write")]
pub(crate) mod remote_write;
#[cfg(any(feature = "prometheus", feature = "_backend"))]
pub(crate) mod setting;
#[cfg(any(feature = "prometheus", feature = "push"))]
pub(crate) mod sources;
#[cfg(feature = "statsd")]
pub(crate) mod statsd;
pub(crate) mod text;

#[cfg(feature = "datadog")]
pub use datadog::{DatadogConfig, DatadogExporter, DatadogIntake};
#[cfg(feature = "graphite")]
pub use graphite::{GraphiteConfig, GraphiteExporter};
#[cfg(feature = "influx")]
pub use influx::{InfluxConfig, InfluxExporter};
#[cfg(feature = "json")]
pub use json::{JsonConfig, JsonExporter};
pub use null::{NullExporter, create_null_exporter};
#[cfg(feature = "otlp")]
pub use otlp::{OtlpCompression, OtlpConfig, OtlpExporter, OtlpProtocol, OtlpTemporality};
#[cfg(feature = "prometheus")]
pub use prometheus::{PrometheusConfig, PrometheusExporter, create_prometheus_exporter};
#[cfg(feature = "pushgateway")]
pub use pushgateway::{PushgatewayConfig, PushgatewayExporter};
#[cfg(feature = "remote-write")]
pub use remote_write::{RemoteWriteConfig, RemoteWriteExporter};
#[cfg(feature = "statsd")]
pub use statsd::{
    StatsdConfig, StatsdDialect, StatsdExporter, StatsdHistogramType, StatsdTransport,
    create_statsd_exporter,
};
pub use text::{Format, render};
