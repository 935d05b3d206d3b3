//! Instruments, registry and exporters of `instrumetrics`. Users depend on that crate alone.

mod cells;
mod clock;
mod config;
mod declared;
mod descriptor;
mod error;
#[cfg(feature = "statsd")]
mod events;
mod export;
mod family;
mod guard;
mod instrument;
mod label;
mod metrics;
mod number;
mod outcome;
mod own;
mod recording;
mod registry;
mod report;
mod secret;
mod snapshot;
mod sync;

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "http")]
pub mod http;
#[doc(hidden)]
pub mod private;
#[cfg(feature = "testing")]
pub mod testing;

pub use descriptor::{Descriptor, Kind, Site};
pub use error::{ErrorCategory, MetricsError};
#[cfg(feature = "datadog")]
pub use export::{DatadogConfig, DatadogExporter, DatadogIntake};
pub use export::{Format, NullExporter, create_null_exporter, render};
#[cfg(feature = "graphite")]
pub use export::{GraphiteConfig, GraphiteExporter};
#[cfg(feature = "influx")]
pub use export::{InfluxConfig, InfluxExporter};
#[cfg(feature = "json")]
pub use export::{JsonConfig, JsonExporter};
#[cfg(feature = "otlp")]
pub use export::{OtlpCompression, OtlpConfig, OtlpExporter, OtlpProtocol, OtlpTemporality};
#[cfg(feature = "prometheus")]
pub use export::{PrometheusConfig, PrometheusExporter, create_prometheus_exporter};
#[cfg(feature = "pushgateway")]
pub use export::{PushgatewayConfig, PushgatewayExporter};
#[cfg(feature = "remote-write")]
pub use export::{RemoteWriteConfig, RemoteWriteExporter};
#[cfg(feature = "statsd")]
pub use export::{
    StatsdConfig, StatsdDialect, StatsdExporter, StatsdHistogramType, StatsdTransport,
    create_statsd_exporter,
};
pub use instrument::{Counter, Gauge, Histogram, JobGuard, Jobs, Timer};
pub use label::{LabelText, LabelValue};
#[cfg(feature = "prometheus")]
pub use metrics::create_metrics_with_prometheus_exporter;
pub use metrics::{
    AttachExporter, Metrics, MetricsBuilder, MetricsCollector, MetricsCollectorExt,
    MetricsErrorConfig, MetricsResourceConfig, MonitoringConfig, Operation, Recorded,
    create_metrics_from_env, create_metrics_with_error_propagation, create_metrics_with_limits,
    create_metrics_with_null_exporter, create_metrics_with_statsd_exporter,
};
#[cfg(feature = "push")]
pub use metrics::{ExportError, Exported, Exporter, Guard, RegisterExporter};
pub use number::{Amount, Number};
pub use outcome::Outcome;
#[cfg(feature = "prometheus")]
pub use prometheus;
pub use recording::{recording, set_recording};
pub use registry::{Conflict, Conflicts, Definition, Unlinked, check, unlinked};
pub use secret::Secret;
pub use snapshot::{FamilySnapshot, HistogramSnapshot, SeriesSnapshot, Snapshot, Value, snapshot};
