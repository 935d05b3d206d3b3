//! Errors of management operations; recording has none.

use std::fmt;

/// Why an operation on an exporter or on a set of metrics failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MetricsError {
    operation: &'static str,
    name: String,
    error_type: &'static str,
    reason: String,
}

impl MetricsError {
    pub(crate) fn new(
        operation: &'static str,
        name: impl Into<String>,
        error_type: &'static str,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            operation,
            name: name.into(),
            error_type,
            reason: reason.into(),
        }
    }

    /// A short stable name of the kind of error, as in the label `error_type`: `registration_failed`, ..
    #[must_use]
    pub const fn error_type(&self) -> &'static str {
        self.error_type
    }
}

impl fmt::Display for MetricsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Metrics {} operation failed for '{}': {}",
            self.operation, self.name, self.reason
        )
    }
}

impl std::error::Error for MetricsError {}
