//! What is particular to one Prometheus exporter.

use crate::error::{ErrorCategory, Fault, MetricsError};
use crate::export::text::ConstantLabel;
use crate::registry::Registry;
use instrumetrics_grammar::{self as grammar, Kind};

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

impl PrometheusConfig {
    /// The prefix with its `_`, and the labels by name, rendered.
    pub(super) fn checked(&self) -> Result<(Box<str>, Box<[ConstantLabel]>), MetricsError> {
        let wrong = |name: &str, error_type, reason: String| {
            let fault = Fault::new(ErrorCategory::Config, error_type, reason);
            MetricsError::new("create_prometheus_exporter", name, fault, None)
        };
        let prefix = match &self.namespace {
            None => String::new(),
            Some(namespace) => {
                grammar::namespace(namespace).map_err(|violation| {
                    wrong(namespace, "invalid_variable", violation.to_string())
                })?;
                format!("{namespace}_")
            }
        };
        let mut labels = self.const_labels.clone();
        labels.sort();
        for (name, _) in &labels {
            // As on a histogram: the strictest, since it goes on all of them.
            grammar::label_for(name, Kind::Histogram, grammar::MAX_LABEL_NAME_LENGTH)
                .map_err(|violation| wrong(name, "invalid_variable", violation.to_string()))?;
            if let Some(metric) = Registry::linked().with_label(name) {
                return Err(wrong(
                    name,
                    "conflict",
                    format!("the metric '{metric}' has a label of this name already"),
                ));
            }
        }
        if let Some([(name, _), _]) = labels
            .windows(2)
            .find(|pair| matches!(pair, [(a, _), (b, _)] if a == b))
        {
            return Err(wrong(
                name,
                "conflict",
                "the label is given twice".to_owned(),
            ));
        }
        let labels = labels
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| ConstantLabel::new(name, value))
            .collect();
        Ok((prefix.into_boxed_str(), labels))
    }
}
