//! Configuration from the environment.
//!
//! A pure function over the variables; all that is wrong is reported at once. The table of variables is
//! what the parser uses and what `docs/CONFIGURATION.md` is tested against.

mod buckets;
mod datadog;
mod graphite;
mod influx;
mod json;
pub(crate) mod otlp;
mod parse;
mod pushgateway;
mod remote_write;
pub(crate) mod statsd;
mod table;

pub(crate) use buckets::{Buckets, effective_bounds};
pub(crate) use table::Config;
pub(crate) use table::ExporterChoice;

use crate::error::{ErrorCategory, Fault, MetricsError};
use std::collections::BTreeMap;

/// A variable that is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    variable: String,
    error_type: &'static str,
    message: String,
}

impl Config {
    /// Reads the configuration from variables. An empty one counts as unset; unknown ones are not ours.
    pub(crate) fn from_variables(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, MetricsError> {
        let variables: BTreeMap<String, String> = variables
            .into_iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .collect();
        let mut config = Self::default();
        let mut wrong: Vec<Wrong> = table::apply(&variables, &mut config);
        wrong.extend(statsd::check(&config.statsd));
        wrong.sort_by(|a, b| a.variable.cmp(&b.variable));
        match wrong.as_slice() {
            [] => Ok(config),
            [first, rest @ ..] => {
                let names: Vec<&str> = wrong.iter().map(|wrong| &*wrong.variable).collect();
                let messages: Vec<&str> = wrong.iter().map(|wrong| &*wrong.message).collect();
                let same = rest
                    .iter()
                    .all(|wrong| wrong.error_type == first.error_type);
                let error_type = if same {
                    first.error_type
                } else {
                    "invalid_variable"
                };
                let fault = Fault::new(ErrorCategory::Config, error_type, messages.join("; "));
                Err(MetricsError::new(
                    "create_metrics_from_env",
                    names.join(", "),
                    fault,
                    None,
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests;
