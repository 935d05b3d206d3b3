//! The constant labels of an exporter.

use super::setting;
use crate::error::MetricsError;
use crate::registry::Registry;
use instrumetrics_grammar::{self as grammar, Kind};

/// Labels that an exporter puts on every series, found right and sorted by name; those without a value are left out.
pub(crate) fn constant(
    operation: &'static str,
    labels: &[(String, String)],
) -> Result<Vec<(String, String)>, MetricsError> {
    let wrong = |name: &str, error_type, reason: String| {
        setting::wrong(operation, name, error_type, reason)
    };
    let mut labels = labels.to_vec();
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
    labels.retain(|(_, value)| !value.is_empty());
    Ok(labels)
}
