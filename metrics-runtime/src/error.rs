//! Why an operation failed.

use std::borrow::Cow;
use std::fmt;

/// The four kinds of errors, each logged and counted by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCategory {
    /// A name, label or value breaks a rule, or contradicts what is registered.
    Validation,
    /// A limit is reached.
    Resource,
    /// An exporter could not do its work.
    Export,
    /// Settings or declarations are wrong.
    Config,
}

/// What went wrong, by its stable name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) category: ErrorCategory,
    pub(crate) error_type: &'static str,
    pub(crate) reason: Cow<'static, str>,
}

impl Fault {
    pub(crate) fn validation(
        error_type: &'static str,
        reason: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(ErrorCategory::Validation, error_type, reason)
    }

    pub(crate) fn resource(error_type: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCategory::Resource, error_type, reason)
    }

    pub(crate) fn new(
        category: ErrorCategory,
        error_type: &'static str,
        reason: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            category,
            error_type,
            reason: reason.into(),
        }
    }
}

/// Bytes of a name that an error shows.
const SHOWN: usize = 256;

/// A name that may come from a client, as it is shown: cut, and so that it cannot end a line of a log.
pub(crate) fn shown(name: &str) -> String {
    let mut end = name.len().min(SHOWN);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let mut text = String::with_capacity(end);
    for c in name.get(..end).unwrap_or_default().chars() {
        if c.is_control() {
            text.extend(c.escape_default());
        } else {
            text.push(c);
        }
    }
    if end < name.len() {
        text.push_str("..");
    }
    text
}

/// Why an operation on metrics failed.
///
/// ```
/// # #[cfg(feature = "prometheus")] {
/// use instrumetrics_runtime::{Metrics, create_prometheus_exporter};
///
/// let metrics = Metrics::builder()
///     .exporter(create_prometheus_exporter().unwrap())
///     .max_metrics(0)
///     .propagate_errors(true)
///     .build();
/// let error = metrics.increment("visits_total", &[]).into_inner().unwrap_err();
/// assert_eq!(error.error_type(), "limit_exceeded");
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MetricsError(Box<Failure>);

/// Apart, so that a result that is no error is one register.
#[derive(Clone, PartialEq, Eq)]
struct Failure {
    operation: &'static str,
    name: String,
    fault: Fault,
    context: Option<String>,
}

impl MetricsError {
    pub(crate) fn new(
        operation: &'static str,
        name: impl Into<String>,
        fault: Fault,
        context: Option<String>,
    ) -> Self {
        Self(Box::new(Failure {
            operation,
            name: name.into(),
            fault,
            context,
        }))
    }

    pub(crate) fn fault(&self) -> &Fault {
        &self.0.fault
    }

    /// The kind of error.
    #[must_use]
    pub fn category(&self) -> ErrorCategory {
        self.0.fault.category
    }

    /// A short stable name, as in the label `error_type`: `invalid_name`, `limit_exceeded`, ..
    #[must_use]
    pub fn error_type(&self) -> &'static str {
        self.0.fault.error_type
    }

    /// The operation that failed, by its method's name.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// The metric (or setting) it was about.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What was wrong, and what is allowed.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.0.fault.reason
    }
}

impl fmt::Display for MetricsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure {
            operation,
            name,
            fault,
            context,
        } = &*self.0;
        write!(
            f,
            "Metrics {operation} operation failed for '{name}': {}",
            fault.reason
        )?;
        match context {
            Some(context) => write!(f, " (Context: {context})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for MetricsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsError")
            .field("operation", &self.0.operation)
            .field("name", &self.0.name)
            .field("fault", &self.0.fault)
            .field("context", &self.0.context)
            .finish()
    }
}

impl std::error::Error for MetricsError {}
