//! Where metrics go.

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
#[cfg(feature = "prometheus")]
pub(crate) mod prometheus;
#[cfg(feature = "push")]
pub(crate) mod push;
#[cfg(any(feature = "prometheus", feature = "push"))]
pub(crate) mod sources;
pub(crate) mod text;

#[cfg(feature = "graphite")]
pub use graphite::{GraphiteConfig, GraphiteExporter};
#[cfg(feature = "influx")]
pub use influx::{InfluxConfig, InfluxExporter};
#[cfg(feature = "json")]
pub use json::{JsonConfig, JsonExporter};
pub use null::{NullExporter, create_null_exporter};
#[cfg(feature = "prometheus")]
pub use prometheus::{PrometheusConfig, PrometheusExporter, create_prometheus_exporter};
pub use text::{Format, render};
