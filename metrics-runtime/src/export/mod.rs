//! Where metrics go.

#[cfg(feature = "datadog")]
pub(crate) mod datadog;
#[cfg(feature = "json")]
pub(crate) mod json;
#[cfg(any(
    feature = "prometheus",
    feature = "json",
    feature = "datadog",
    feature = "pushgateway",
    feature = "remote-write"
))]
pub(crate) mod labels;
#[cfg(any(
    feature = "datadog",
    all(
        test,
        any(feature = "json", feature = "pushgateway", feature = "remote-write")
    )
))]
pub(crate) mod mapping;
mod null;
#[cfg(feature = "prometheus")]
pub(crate) mod prometheus;
#[cfg(feature = "push")]
pub(crate) mod push;
#[cfg(feature = "pushgateway")]
pub(crate) mod pushgateway;
#[cfg(feature = "remote-write")]
pub(crate) mod remote_write;
#[cfg(any(feature = "datadog", feature = "pushgateway", feature = "remote-write"))]
pub(crate) mod setting;
#[cfg(any(feature = "prometheus", feature = "push"))]
pub(crate) mod sources;
pub(crate) mod text;

#[cfg(feature = "datadog")]
pub use datadog::{DatadogConfig, DatadogExporter, DatadogIntake};
#[cfg(feature = "json")]
pub use json::{JsonConfig, JsonExporter};
pub use null::{NullExporter, create_null_exporter};
#[cfg(feature = "prometheus")]
pub use prometheus::{PrometheusConfig, PrometheusExporter, create_prometheus_exporter};
#[cfg(feature = "pushgateway")]
pub use pushgateway::{PushgatewayConfig, PushgatewayExporter};
#[cfg(feature = "remote-write")]
pub use remote_write::{RemoteWriteConfig, RemoteWriteExporter};
pub use text::{Format, render};
