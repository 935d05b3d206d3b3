//! What is particular to one Prometheus exporter.

use crate::error::{ErrorCategory, Fault, MetricsError};
use crate::export::labels;
use crate::export::text::ConstantLabel;
use instrumetrics_grammar as grammar;

/// Settings of a Prometheus exporter; see
/// [`PrometheusExporter::with_config`](super::PrometheusExporter::with_config).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrometheusConfig {
    /// Put, with `_`, before every name that declares no namespace of its own.
    pub namespace: Option<String>,
    /// Labels on every series, such as the instance or the region. Where a metric that is declared later has a
    /// label of that name, the metric's own wins.
    pub const_labels: Vec<(String, String)>,
    /// Whether metrics by name may be removed.
    pub allow_metric_removal: bool,
}

impl Default for PrometheusConfig {
    fn default() -> Self {
        Self {
            namespace: None,
            const_labels: Vec::new(),
            allow_metric_removal: true,
        }
    }
}

/// What made the exporter, as errors name it.
const OPERATION: &str = "create_prometheus_exporter";

impl PrometheusConfig {
    /// The prefix with its `_`, and the labels by name, rendered.
    pub(super) fn checked(&self) -> Result<(Box<str>, Box<[ConstantLabel]>), MetricsError> {
        let prefix = match &self.namespace {
            None => String::new(),
            Some(namespace) => {
                grammar::namespace(namespace).map_err(|violation| {
                    let reason = violation.to_string();
                    let fault = Fault::new(ErrorCategory::Config, "invalid_variable", reason);
                    MetricsError::new(OPERATION, namespace, fault, None)
                })?;
                format!("{namespace}_")
            }
        };
        let labels = labels::constant(OPERATION, &self.const_labels)?;
        let labels = labels
            .iter()
            .map(|(name, value)| ConstantLabel::new(name, value))
            .collect();
        Ok((prefix.into_boxed_str(), labels))
    }
}
