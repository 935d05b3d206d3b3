//! The variables of OTLP, as the OpenTelemetry specification names them ("OpenTelemetry Protocol Exporter").
//!
//! Other libraries of a process read them too, so they are of interest here only where the exporter `otlp` is chosen.

use super::table::{Variable, rows};
use crate::Secret;
use std::time::Duration;

/// What the environment says about OTLP. What is of metrics alone wins over what is of all signals.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Otlp {
    pub(crate) endpoint: Option<String>,
    pub(crate) headers: Option<Vec<(String, Secret)>>,
    pub(crate) protocol: Option<&'static str>,
    pub(crate) compression: Option<&'static str>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) metrics: Metrics,
    pub(crate) temporality: Option<&'static str>,
    pub(crate) service_name: Option<String>,
    pub(crate) resource_attributes: Vec<(String, String)>,
}

/// What is said about metrics alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Metrics {
    pub(crate) endpoint: Option<String>,
    pub(crate) headers: Option<Vec<(String, Secret)>>,
    pub(crate) protocol: Option<&'static str>,
    pub(crate) compression: Option<&'static str>,
    pub(crate) timeout: Option<Duration>,
}

pub(super) const VARIABLES: &[Variable] = rows! {
    "OTEL_EXPORTER_OTLP_ENDPOINT", "`http://localhost:4318` (gRPC: 4317)", "the collector's URL, to which HTTP adds `/v1/metrics`" => |config, text| config.otlp.endpoint = Some(url(text)?);
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "none", "the URL for metrics, used as it is; it wins over the other" => |config, text| config.otlp.metrics.endpoint = Some(url(text)?);
    "OTEL_EXPORTER_OTLP_HEADERS", "none", "headers of every request: `name=value,name=value`, values percent-encoded; `OTEL_EXPORTER_OTLP_HEADERS_FILE` names a file with them" => |config, text| config.otlp.headers = Some(headers(text)?);
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS", "none", "the same for metrics, in place of the others; `OTEL_EXPORTER_OTLP_METRICS_HEADERS_FILE` names a file with them" => |config, text| config.otlp.metrics.headers = Some(headers(text)?);
    "OTEL_EXPORTER_OTLP_PROTOCOL", "`http/protobuf`", "`http/protobuf`, `http/json`, or (feature `otlp-grpc`) `grpc`" => |config, text| config.otlp.protocol = Some(one_of(text, PROTOCOLS)?);
    "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "none", "the same for metrics; it wins over the other" => |config, text| config.otlp.metrics.protocol = Some(one_of(text, PROTOCOLS)?);
    "OTEL_EXPORTER_OTLP_COMPRESSION", "`none`", "`gzip` or `none`" => |config, text| config.otlp.compression = Some(one_of(text, COMPRESSIONS)?);
    "OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "none", "the same for metrics; it wins over the other" => |config, text| config.otlp.metrics.compression = Some(one_of(text, COMPRESSIONS)?);
    "OTEL_EXPORTER_OTLP_TIMEOUT", "10000", "how long one export may take, in milliseconds" => |config, text| config.otlp.timeout = Some(milliseconds(text)?);
    "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "none", "the same for metrics; it wins over the other" => |config, text| config.otlp.metrics.timeout = Some(milliseconds(text)?);
    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "`cumulative`", "whether totals (`cumulative`) or differences (`delta`, and `lowmemory`, which is the same here) are sent" => |config, text| config.otlp.temporality = Some(one_of(text, TEMPORALITIES)?);
    "OTEL_SERVICE_NAME", "`unknown_service:` and the program's name", "the attribute `service.name` of the resource" => |config, text| config.otlp.service_name = Some(text.to_owned());
    "OTEL_RESOURCE_ATTRIBUTES", "none", "attributes of the resource: `name=value,name=value`, percent-encoded" => |config, text| config.otlp.resource_attributes = attributes(text)?;
};

const PROTOCOLS: &[&str] = &["http/protobuf", "http/json", "grpc"];
const COMPRESSIONS: &[&str] = &["gzip", "none"];
const TEMPORALITIES: &[&str] = &["cumulative", "delta", "lowmemory"];

fn one_of(text: &str, known: &'static [&'static str]) -> Result<&'static str, String> {
    let found = known.iter().find(|known| known.eq_ignore_ascii_case(text));
    found
        .copied()
        .ok_or_else(|| format!("`{}`", known.join("` or `")))
}

fn url(text: &str) -> Result<String, String> {
    let rest = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    match authority {
        None | Some("") => Err("a URL such as `http://localhost:4318`".to_owned()),
        Some(authority) if authority.contains('@') => {
            Err("a URL without a user or password in it".to_owned())
        }
        Some(_) => Ok(text.to_owned()),
    }
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .filter(|milliseconds| (1..=86_400_000).contains(milliseconds))
        .map(Duration::from_millis)
        .ok_or_else(|| "milliseconds, a whole number from 1 to 86400000".to_owned())
}

fn headers(text: &str) -> Result<Vec<(String, Secret)>, String> {
    // A file may end in a line feed.
    let pairs = pairs(text.trim())?.into_iter().map(|(name, value)| {
        if value.is_empty() || value.chars().any(char::is_control) {
            return Err(format!("a value without control characters for `{name}`"));
        }
        Ok((name, Secret::from(value)))
    });
    pairs.collect()
}

fn attributes(text: &str) -> Result<Vec<(String, String)>, String> {
    let attributes = pairs(text)?;
    for (at, (name, _)) in attributes.iter().enumerate() {
        if attributes.iter().take(at).any(|(other, _)| other == name) {
            return Err(format!("each attribute once, not `{name}` twice"));
        }
    }
    Ok(attributes)
}

/// `name=value,name=value` with both percent-encoded. The values are not quoted in errors.
fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let expected = || "`name=value` between commas".to_owned();
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').ok_or_else(expected)?;
            let name = percent_decoded(name.trim())
                .filter(|name| !name.is_empty())
                .ok_or_else(expected)?;
            let value = percent_decoded(value.trim()).ok_or_else(|| {
                format!("two hexadecimal digits after each `%` in the value of `{name}`")
            })?;
            Ok((name, value))
        })
        .collect()
}

/// A text in which `%` and two hexadecimal digits stand for a byte; `None` where that is not so, or not UTF-8.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_percent_encoded() {
        assert_eq!(
            attributes("service.name=a%20b%2C, k = v=w ,,").unwrap(),
            [
                ("service.name".to_owned(), "a b,".to_owned()),
                ("k".to_owned(), "v=w".to_owned())
            ]
        );
        let headers = headers("Authorization=Basic%20abc==,x=1\n").unwrap();
        assert_eq!(headers[0].1.reveal(), "Basic abc==");
        assert_eq!(headers[1].1.reveal(), "1");
        for wrong in ["a", "=b", "a=%2", "a=%zz", "a=%ff", "a=b,a=c"] {
            attributes(wrong).unwrap_err();
        }
        for wrong in ["a=", "a=x%0Ay", "secret"] {
            let error = super::headers(wrong).unwrap_err();
            assert!(
                !error.contains("secret") && !error.contains('\n'),
                "{error}"
            );
        }
    }

    #[test]
    fn a_url_has_a_host_and_no_login() {
        for wrong in [
            "localhost:4318",
            "http://",
            "http:///x",
            "http://u:p@h",
            "grpc://h",
        ] {
            url(wrong).unwrap_err();
        }
        for right in ["http://localhost:4318", "https://h/p@th?q"] {
            url(right).unwrap();
        }
        assert_eq!(milliseconds("250"), Ok(Duration::from_millis(250)));
        for wrong in ["0", "-1", "1.5", "soon"] {
            milliseconds(wrong).unwrap_err();
        }
    }
}
