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
mod unknown;

pub(crate) use buckets::{Buckets, effective_bounds};
pub(crate) use table::Config;
pub(crate) use table::ExporterChoice;
pub(crate) use unknown::unknown;

use crate::error::{ErrorCategory, Fault, MetricsError};
use std::collections::BTreeMap;

/// A variable that is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    variable: String,
    error_type: &'static str,
    message: String,
}

/// Why there can be no scrape server where no Prometheus exporter is: as what it is an error, and the reason.
pub(crate) const NO_SERVER: (&str, &str) = if cfg!(feature = "http") {
    ("conflict", "needs METRICS_EXPORTER=prometheus")
} else {
    ("missing_feature", "needs the feature `http`")
};

/// A scrape server that these exporters leave nothing to serve.
fn check_server(config: &Config, variables: &BTreeMap<String, String>) -> Option<Wrong> {
    let variable = "METRICS_HTTP_ADDR";
    let served = cfg!(feature = "http") && config.exporters.contains(&ExporterChoice::Prometheus);
    config.http_address.filter(|_| !served)?;
    let (error_type, reason) = NO_SERVER;
    let address = variables.get(variable)?.trim();
    Some(Wrong {
        variable: variable.to_owned(),
        error_type,
        message: format!("{variable}='{address}': {reason}"),
    })
}

impl Config {
    /// Reads the configuration from variables. An empty one counts as unset; unknown ones are not ours.
    pub(crate) fn from_variables(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, MetricsError> {
        Self::read(variables, false)
    }

    /// As [`from_variables`](Self::from_variables), where no exporter is made in code: what goes wrong without one is
    /// wrong.
    pub(crate) fn from_variables_alone(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, MetricsError> {
        Self::read(variables, true)
    }

    fn read(
        variables: impl IntoIterator<Item = (String, String)>,
        alone: bool,
    ) -> Result<Self, MetricsError> {
        let variables: BTreeMap<String, String> = variables
            .into_iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .collect();
        let mut config = Self::default();
        let mut wrong: Vec<Wrong> = table::apply(&variables, &mut config);
        wrong.extend(statsd::check(&config.statsd));
        // Which exporters are meant is not known where there are none.
        if alone && !config.exporters.is_empty() {
            wrong.extend(check_server(&config, &variables));
        }
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
