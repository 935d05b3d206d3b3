//! The settings of an OTLP exporter, and what follows from them.

use super::encoding::Labels;
use crate::Secret;
use crate::config::Config;
use crate::error::MetricsError;

use crate::export::push::http::{below, endpoint};
use crate::export::push::{DEFAULT_INTERVAL, EXPORT_TIMEOUT};
use crate::export::{labels, setting};
use std::time::Duration;
use ureq::http::Uri;

/// The largest request, in bytes before compression: New Relic takes a million, gRPC servers four.
const MAX_REQUEST_BYTES: usize = 1_000_000;

/// Headers that the exporter sets itself, beside all that begin with `grpc-`.
const OWN_HEADERS: [&str; 7] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "te",
    "transfer-encoding",
];

/// How OTLP is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtlpProtocol {
    /// Protobuf over HTTP.
    #[default]
    HttpProtobuf,
    /// JSON over HTTP.
    HttpJson,
    /// Protobuf over gRPC; needs the feature `otlp-grpc`.
    Grpc,
}

/// How requests are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtlpCompression {
    /// Not at all.
    #[default]
    None,
    /// gzip.
    Gzip,
}

/// What is sent of counters and histograms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtlpTemporality {
    /// Their totals. One that was not delivered is made good by the next.
    #[default]
    Cumulative,
    /// What was added since it was last delivered.
    Delta,
}

impl OtlpTemporality {
    /// As `AggregationTemporality` numbers them.
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Delta => 1,
            Self::Cumulative => 2,
        }
    }
}

/// Settings of an OTLP exporter; see [`OtlpExporter::new`](super::OtlpExporter::new).
///
/// ```
/// use instrumetrics_runtime::OtlpConfig;
///
/// let new_relic = OtlpConfig {
///     endpoint: Some("https://otlp.nr-data.net".into()),
///     headers: vec![("api-key".into(), "abc".into())],
///     ..OtlpConfig::default()
/// };
/// assert!(!format!("{new_relic:?}").contains("abc"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct OtlpConfig {
    /// The collector's URL, with `http` or `https`. HTTP adds the path `/v1/metrics`; gRPC takes no path. Without one
    /// it is `http://localhost:4318`, and `http://localhost:4317` for gRPC.
    pub endpoint: Option<String>,
    /// The URL for metrics, used as it is in place of `endpoint`.
    pub metrics_endpoint: Option<String>,
    /// Headers (gRPC: metadata) of every request.
    pub headers: Vec<(String, Secret)>,
    /// How it is spoken.
    pub protocol: OtlpProtocol,
    /// How requests are compressed.
    pub compression: OtlpCompression,
    /// What is sent of counters and histograms.
    pub temporality: OtlpTemporality,
    /// The attribute `service.name` of the resource. Without it, and without an attribute of that name, it is
    /// `unknown_service:` and the program's name.
    pub service_name: Option<String>,
    /// Attributes of the resource, which tell one process from another: give each a `service.instance.id` where
    /// several send at the same time.
    pub resource_attributes: Vec<(String, String)>,
    /// Labels on every series, that is attributes of every data point. Where a metric that is declared later has a
    /// label of that name, the metric's own wins.
    pub const_labels: Vec<(String, String)>,
    /// From one export to the next; 60 seconds.
    pub interval: Duration,
    /// How long one export may take; 10 seconds.
    pub timeout: Duration,
    /// Bytes of one request before it is compressed, at least 1,000; a million. What is more is sent in several.
    pub max_request_bytes: usize,
}

impl Default for OtlpConfig {
    fn default() -> Self {
        Self {
            endpoint: None,
            metrics_endpoint: None,
            headers: Vec::new(),
            protocol: OtlpProtocol::default(),
            compression: OtlpCompression::default(),
            temporality: OtlpTemporality::default(),
            service_name: None,
            resource_attributes: Vec::new(),
            const_labels: Vec::new(),
            interval: DEFAULT_INTERVAL,
            timeout: EXPORT_TIMEOUT,
            max_request_bytes: MAX_REQUEST_BYTES,
        }
    }
}

/// What made the exporter, as errors name it.
const OPERATION: &str = "create_otlp_exporter";

/// A setting that is wrong, as an error.
pub(super) fn wrong(
    name: &str,
    error_type: &'static str,
    reason: impl Into<String>,
) -> MetricsError {
    setting::wrong(OPERATION, name, error_type, reason)
}

impl OtlpConfig {
    pub(crate) fn from_environment(config: &Config) -> Self {
        let otlp = &config.otlp;
        let metrics = &otlp.metrics;
        let default = Self::default();
        let headers = metrics.headers.as_ref().or(otlp.headers.as_ref());
        Self {
            endpoint: otlp.endpoint.clone(),
            metrics_endpoint: metrics.endpoint.clone(),
            headers: headers.cloned().unwrap_or_default(),
            protocol: match metrics.protocol.or(otlp.protocol) {
                Some("grpc") => OtlpProtocol::Grpc,
                Some("http/json") => OtlpProtocol::HttpJson,
                _ => OtlpProtocol::HttpProtobuf,
            },
            compression: match metrics.compression.or(otlp.compression) {
                Some("gzip") => OtlpCompression::Gzip,
                _ => OtlpCompression::None,
            },
            temporality: match otlp.temporality {
                Some("delta" | "lowmemory") => OtlpTemporality::Delta,
                _ => OtlpTemporality::Cumulative,
            },
            service_name: otlp.service_name.clone(),
            resource_attributes: otlp.resource_attributes.clone(),
            const_labels: config.const_labels.clone(),
            interval: config.export_interval.unwrap_or(default.interval),
            timeout: metrics.timeout.or(otlp.timeout).unwrap_or(default.timeout),
            max_request_bytes: default.max_request_bytes,
        }
    }

    /// Where requests go.
    pub(super) fn uri(&self) -> Result<Uri, MetricsError> {
        let grpc = self.protocol == OtlpProtocol::Grpc;
        let (name, text) = match (&self.metrics_endpoint, &self.endpoint) {
            (Some(text), _) => ("metrics_endpoint", text.as_str()),
            (None, Some(text)) => ("endpoint", text.as_str()),
            (None, None) if grpc => ("endpoint", "http://localhost:4317"),
            (None, None) => ("endpoint", "http://localhost:4318"),
        };
        let wrong =
            |expected: String| wrong(name, "invalid_variable", format!("expected {expected}"));
        let uri = endpoint(text).map_err(wrong)?;
        if grpc {
            let path = uri.path_and_query().map_or("/", |path| path.as_str());
            return if path == "/" {
                Ok(uri)
            } else {
                Err(wrong(
                    "a URL without a path, since gRPC has its own".to_owned(),
                ))
            };
        }
        if self.metrics_endpoint.is_some() {
            return Ok(uri);
        }
        below(&uri, "/v1/metrics").map_err(wrong)
    }

    /// The headers, as far as they are the user's to set.
    pub(super) fn checked_headers(&self) -> Result<&[(String, Secret)], MetricsError> {
        for (name, _) in &self.headers {
            let lower = name.to_ascii_lowercase();
            if OWN_HEADERS.contains(&&*lower) || lower.starts_with("grpc-") {
                let reason = format!("the exporter sets the header `{name}` itself");
                return Err(wrong("headers", "conflict", reason));
            }
        }
        Ok(&self.headers)
    }

    pub(super) fn checked_limits(&self) -> Result<(), MetricsError> {
        setting::check_interval(OPERATION, self.interval)?;
        if self.timeout.is_zero() {
            return Err(setting::invalid(
                OPERATION,
                "timeout",
                "more than no time at all",
            ));
        }
        if self.max_request_bytes < 1_000 {
            let reason = "a request has a thousand bytes at least";
            return Err(wrong("max_request_bytes", "invalid_variable", reason));
        }
        Ok(())
    }

    /// The constant labels, by name.
    pub(super) fn labels(&self) -> Result<Labels, MetricsError> {
        let given = labels::constant(OPERATION, &self.const_labels)?.into_iter();
        Ok(given
            .map(|(name, value)| (name.into(), value.into()))
            .collect())
    }

    /// The attributes of the resource: who sends, and through which library.
    pub(super) fn resource(&self) -> Result<Vec<(String, String)>, MetricsError> {
        let mut resource: Vec<(String, String)> = Vec::new();
        let service = self.service_name.clone();
        for (key, value) in service
            .map(|name| ("service.name".to_owned(), name))
            .into_iter()
            .chain(self.resource_attributes.iter().cloned())
        {
            if key.is_empty() {
                let reason = "an attribute has a name";
                return Err(wrong("resource_attributes", "invalid_variable", reason));
            }
            let known =
                |resource: &[(String, String)]| resource.iter().any(|(name, _)| *name == key);
            // The name of the service may be given twice: the first of these wins, as specified.
            if known(&resource) && !(key == "service.name" && self.service_name.is_some()) {
                let reason = format!("the attribute `{key}` is given twice");
                return Err(wrong("resource_attributes", "conflict", reason));
            }
            if !known(&resource) {
                resource.push((key, value));
            }
        }
        let defaults = [
            ("service.name", unknown_service()),
            ("telemetry.sdk.language", "rust".to_owned()),
            ("telemetry.sdk.name", super::SCOPE.to_owned()),
            (
                "telemetry.sdk.version",
                env!("CARGO_PKG_VERSION").to_owned(),
            ),
        ];
        for (key, value) in defaults {
            if resource.iter().all(|(known, _)| known != key) {
                resource.push((key.to_owned(), value));
            }
        }
        Ok(resource)
    }
}

/// What a service without a name is called (semantic conventions, "Service").
fn unknown_service() -> String {
    let program = std::env::current_exe().ok();
    let name = program
        .as_ref()
        .and_then(|program| program.file_name()?.to_str());
    name.map_or_else(
        || "unknown_service".to_owned(),
        |name| format!("unknown_service:{name}"),
    )
}
