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
