//! Settings that several exporters have, and what is said of a wrong one.

use crate::error::{ErrorCategory, Fault, MetricsError};

/// An error of a setting.
pub(crate) fn wrong(
    operation: &'static str,
    name: &str,
    error_type: &'static str,
    reason: impl Into<String>,
) -> MetricsError {
    let fault = Fault::new(ErrorCategory::Config, error_type, reason.into());
    MetricsError::new(operation, name, fault, None)
}

/// An error of a setting that is not what was expected.
#[cfg(feature = "_backend")]
pub(crate) fn invalid(
    operation: &'static str,
    name: &str,
    expected: impl std::fmt::Display,
) -> MetricsError {
    let reason = format!("expected {expected}");
    wrong(operation, name, "invalid_variable", reason)
}

/// Whether it is a time from one export to the next.
///
/// # Errors
///
/// `invalid_variable`.
#[cfg(feature = "_backend")]
pub(crate) fn check_interval(
    operation: &'static str,
    interval: std::time::Duration,
) -> Result<(), MetricsError> {
    if interval.is_zero() {
        return Err(invalid(operation, "interval", "more than no time at all"));
    }
    Ok(())
}

/// Whether it may be the name of a host, or an IP address without brackets.
#[cfg(any(feature = "graphite", feature = "influx"))]
pub(crate) fn is_host(host: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:%".contains(&byte);
    !host.is_empty() && host.bytes().all(fine)
}

/// The prefix that a namespace is: with its `_`, or empty.
///
/// # Errors
///
/// `invalid_variable`.
#[cfg(any(feature = "pushgateway", feature = "remote-write"))]
pub(crate) fn prefix(
    operation: &'static str,
    namespace: Option<&str>,
) -> Result<Box<str>, MetricsError> {
    let Some(namespace) = namespace else {
        return Ok(Box::default());
    };
    instrumetrics_grammar::namespace(namespace).map_err(|violation| {
        let reason = violation.to_string();
        wrong(operation, namespace, "invalid_variable", reason)
    })?;
    Ok(format!("{namespace}_").into_boxed_str())
}

#[cfg(test)]
#[cfg(feature = "_backend")]
mod tests {
    use crate::{MetricsError, export};
    use std::time::Duration;

    /// What is wrong with an exporter whose settings are fine but for the interval.
    macro_rules! without_interval {
        ($exporter:ident, $config:ident { $($field:ident: $value:expr),* }) => {{
            let config = export::$config {
                $($field: $value,)*
                interval: Duration::ZERO,
                ..export::$config::default()
            };
            export::$exporter::new(config).map(drop)
        }};
    }

    #[test]
    fn every_exporter_that_pushes_wants_an_interval() {
        let tried: &[Result<(), MetricsError>] = &[
            #[cfg(feature = "datadog")]
            without_interval!(
                DatadogExporter,
                DatadogConfig {
                    api_key: "k".into()
                }
            ),
            #[cfg(feature = "graphite")]
            without_interval!(GraphiteExporter, GraphiteConfig {}),
            #[cfg(feature = "influx")]
            without_interval!(
                InfluxExporter,
                InfluxConfig {
                    database: Some("d".into())
                }
            ),
            #[cfg(feature = "json")]
            without_interval!(JsonExporter, JsonConfig {}),
            #[cfg(feature = "otlp")]
            without_interval!(OtlpExporter, OtlpConfig {}),
            #[cfg(feature = "pushgateway")]
            without_interval!(
                PushgatewayExporter,
                PushgatewayConfig {
                    url: "http://localhost".into(),
                    job: "j".into()
                }
            ),
            #[cfg(feature = "remote-write")]
            without_interval!(
                RemoteWriteExporter,
                RemoteWriteConfig {
                    url: "http://localhost".into()
                }
            ),
            #[cfg(feature = "statsd")]
            without_interval!(StatsdExporter, StatsdConfig {}),
        ];
        for result in tried {
            let error = result.as_ref().unwrap_err();
            assert_eq!(
                (error.name(), error.error_type()),
                ("interval", "invalid_variable")
            );
        }
    }
}
