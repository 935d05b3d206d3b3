//! The OTLP exporter: to OpenTelemetry collectors, and to whoever speaks as they do.
//!
//! Sources: the OTLP specification 1.x (opentelemetry.io/docs/specs/otlp), `opentelemetry-proto` for the messages, and
//! "OpenTelemetry Protocol Exporter" of the OpenTelemetry specification for the settings.
//!
//! Requests are encoded by hand into one buffer, without a model in between. Totals or differences come from a
//! baseline, so that what the peer did not take is still there for the next export.

mod answer;
mod config;
mod encoding;
#[cfg(feature = "otlp-grpc")]
mod grpc;
mod json;
mod point;
mod protobuf;
mod push;
#[cfg(test)]
mod tests;
mod transport;
mod wire;

pub use config::{OtlpCompression, OtlpConfig, OtlpProtocol, OtlpTemporality};

use crate::error::MetricsError;
#[cfg(test)]
use crate::export::mapping::{Mapping, VERBATIM};
use crate::export::push::{Pusher, Settings};
use crate::family::Family;
use encoding::{Encoder, Labels};
use std::sync::Arc;
use transport::Transport;

/// The texts are OTLP's own kind, so nothing of them changes.
#[cfg(test)]
pub(crate) const MAPPINGS: &[Mapping] = &[Mapping {
    backend: "otlp",
    name: VERBATIM,
    label_name: VERBATIM,
    label_value: VERBATIM,
    counter: "`Sum`, monotonic, cumulative or delta; a whole number as `as_int`",
    gauge: "`Gauge`, `as_double`",
    histogram: "`Histogram` with explicit bounds, cumulative or delta",
    unit: "as UCUM spells it: `s`, `By`, `1` for a ratio, none where there is none; stays in the name",
}];

/// The name in logs and in the library's own metrics.
const NAME: &str = "otlp";

/// The instrumentation scope of all metrics, and the name of the SDK.
const SCOPE: &str = "instrumetrics";

/// Pushes the metrics of this process to an OpenTelemetry collector, or to whatever else takes OTLP.
///
/// Cheap to clone; clones share everything.
///
/// ```
/// use instrumetrics_runtime::{Metrics, OtlpConfig, OtlpExporter};
///
/// # fn main() -> Result<(), instrumetrics_runtime::MetricsError> {
/// let exporter = OtlpExporter::new(OtlpConfig {
///     endpoint: Some("http://localhost:4318".into()),
///     service_name: Some("parcels".into()),
///     ..OtlpConfig::default()
/// })?;
/// let metrics = Metrics::new(exporter);
/// # drop(metrics);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct OtlpExporter {
    pusher: Pusher,
}

impl OtlpExporter {
    /// An exporter with these settings. The collector need not be there yet.
    ///
    /// # Errors
    ///
    /// `invalid_variable` and `conflict` for settings that are wrong, `missing_feature` for gRPC without the feature
    /// `otlp-grpc`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "settings are made for one exporter"
    )]
    pub fn new(config: OtlpConfig) -> Result<Self, MetricsError> {
        config.checked_limits()?;
        let transport = Transport::new(&config)?;
        let constant = config.labels()?;
        let resource: Arc<[_]> = config.resource()?.into();
        let settings = Settings {
            timeout: config.timeout,
            ..Settings::every(config.interval)
        };
        let setup = push::Setup {
            temporality: config.temporality,
            limit: config.max_request_bytes,
            interval: config.interval,
        };
        let protocol = config.protocol;
        let pusher = Pusher::new(NAME, settings, move || {
            let encoder = Encoder::new(protocol, &resource, &constant);
            Box::new(push::Otlp::new(setup, encoder, transport.clone()))
        });
        Ok(Self { pusher })
    }

    pub(crate) fn into_pusher(self) -> Pusher {
        self.pusher
    }
}

/// The constant labels that a family does not have itself.
fn constant_on<'a>(
    family: &'a Family,
    constant: &'a Labels,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    constant
        .iter()
        .filter(|(name, _)| family.definition.labels.iter().all(|own| **own != **name))
        .map(|(name, value)| (&**name, &**value))
}
