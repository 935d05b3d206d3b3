//! The variables.

use super::{
    Buckets, Wrong, datadog, graphite, influx, otlp, parse, pushgateway, remote_write, statsd,
};
use crate::Secret;
use crate::metrics::{MetricsErrorConfig, MetricsResourceConfig};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

/// Everything that the environment can say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Config {
    pub(crate) exporters: Vec<ExporterChoice>,
    pub(crate) resource: MetricsResourceConfig,
    pub(crate) errors: MetricsErrorConfig,
    pub(crate) strict_label_values: bool,
    pub(crate) namespace: Option<String>,
    pub(crate) const_labels: Vec<(String, String)>,
    pub(crate) allow_removal: Option<bool>,
    pub(crate) http_address: Option<SocketAddr>,
    pub(crate) http_path: Option<String>,
    pub(crate) bearer_token: Option<Secret>,
    pub(crate) basic_auth: Option<Secret>,
    pub(crate) buckets: Buckets,
    pub(crate) export_interval: Option<Duration>,
    pub(crate) otlp: otlp::Otlp,
    pub(crate) json: super::json::Json,
    pub(crate) graphite: graphite::Graphite,
    pub(crate) influx: influx::Influx,
    pub(crate) datadog: datadog::Settings,
    pub(crate) pushgateway: pushgateway::Settings,
    pub(crate) remote_write: remote_write::Settings,
    pub(crate) statsd: statsd::Statsd,
}

/// An exporter that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExporterChoice {
    Null,
    Prometheus,
    Otlp,
    Json,
    Graphite,
    Influx,
    Datadog,
    Pushgateway,
    RemoteWrite,
    Statsd,
}

/// How a value is put into the configuration; an error says what was expected.
pub(super) type Apply = fn(&mut Config, &str) -> Result<(), String>;

/// A variable: what is documented, and what the parser does.
pub(super) struct Variable {
    pub(super) name: &'static str,
    pub(super) default: &'static str,
    pub(super) meaning: &'static str,
    pub(super) apply: Apply,
}

/// Rows of the table: `"NAME", "default", "meaning" => |config, text| apply;`.
macro_rules! rows {
    ($($name:literal, $default:literal, $meaning:literal => |$config:ident, $text:ident| $apply:expr;)*) => {
        &[$(Variable {
            name: $name,
            default: $default,
            meaning: $meaning,
            apply: |$config, $text| {
                $apply;
                Ok(())
            },
        }),*]
    };
}

pub(super) use rows;

/// Whether an exporter can be chosen.
#[derive(Clone, Copy)]
enum Availability {
    Here(ExporterChoice),
    /// With this feature.
    Feature(&'static str),
}

/// The exporters by name.
const EXPORTERS: &[(&str, Availability)] = &[
    (
        "prometheus",
        when(
            cfg!(feature = "prometheus"),
            ExporterChoice::Prometheus,
            "prometheus",
        ),
    ),
    (
        "statsd",
        when(cfg!(feature = "statsd"), ExporterChoice::Statsd, "statsd"),
    ),
    ("null", Availability::Here(ExporterChoice::Null)),
    (
        "json",
        when(cfg!(feature = "json"), ExporterChoice::Json, "json"),
    ),
    (
        "graphite",
        when(
            cfg!(feature = "graphite"),
            ExporterChoice::Graphite,
            "graphite",
        ),
    ),
    (
        "influx",
        when(cfg!(feature = "influx"), ExporterChoice::Influx, "influx"),
    ),
    (
        "datadog",
        when(
            cfg!(feature = "datadog"),
            ExporterChoice::Datadog,
            "datadog",
        ),
    ),
    (
        "otlp",
        when(cfg!(feature = "otlp"), ExporterChoice::Otlp, "otlp"),
    ),
    (
        "pushgateway",
        when(
            cfg!(feature = "pushgateway"),
            ExporterChoice::Pushgateway,
            "pushgateway",
        ),
    ),
    (
        "remote_write",
        when(
            cfg!(feature = "remote-write"),
            ExporterChoice::RemoteWrite,
            "remote-write",
        ),
    ),
];

const fn when(there: bool, choice: ExporterChoice, feature: &'static str) -> Availability {
    if there {
        Availability::Here(choice)
    } else {
        Availability::Feature(feature)
    }
}

/// All variables: those of every exporter, and those of each.
pub(super) fn known_variables() -> impl Iterator<Item = &'static Variable> {
    let sets: [&[Variable]; 9] = [
        VARIABLES,
        super::json::VARIABLES,
        super::graphite::VARIABLES,
        super::influx::VARIABLES,
        super::otlp::VARIABLES,
        datadog::VARIABLES,
        pushgateway::VARIABLES,
        remote_write::VARIABLES,
        statsd::VARIABLES,
    ];
    sets.into_iter().flatten()
}

const VARIABLES: &[Variable] = rows! {
    "METRICS_EXPORTER", "`null`", "where metrics go: `prometheus`, `statsd`, `json`, `graphite`, `influx`, `datadog`, `otlp`, `pushgateway`, `remote_write` (each with its feature), `null`, or several between commas" => |config, text| config.exporters = exporters(text)?;
    "METRICS_BACKEND", "", "the older name of `METRICS_EXPORTER`; both set and different is an error" => |config, text| config.exporters = exporters(text)?;
    "METRICS_MAX_METRICS", "1000", "metric names" => |config, text| config.resource.max_metrics = parse::whole(text)?;
    "PROMETHEUS_MAX_METRICS", "1000", "the same; both set and different is an error" => |config, text| config.resource.max_metrics = parse::whole(text)?;
    "METRICS_MAX_LABEL_COMBINATIONS", "10000", "series by name in all; further ones are recorded in the overflow series" => |config, text| config.resource.max_label_combinations = parse::whole(text)?;
    "METRICS_MAX_METRIC_NAME_LENGTH", "128", "bytes of a metric's name" => |config, text| config.resource.max_metric_name_length = parse::positive(text)?;
    "METRICS_MAX_LABEL_NAME_LENGTH", "64", "bytes of a label's name" => |config, text| config.resource.max_label_name_length = parse::positive(text)?;
    "METRICS_MAX_LABEL_VALUE_LENGTH", "256", "bytes of a label's value; a longer one is cut" => |config, text| config.resource.max_label_value_length = parse::positive(text)?;
    "METRICS_MAX_LABELS_PER_METRIC", "16", "labels of one metric" => |config, text| config.resource.max_labels_per_metric = parse::whole(text)?;
    "METRICS_STRICT_LABEL_VALUES", "false", "refuse quotes, backslashes and line feeds in label values instead of escaping them" => |config, text| config.strict_label_values = parse::switch(text)?;
    "METRICS_RATE_LIMIT", "0", "operations by name a second; the excess is refused, 0 is no limit" => |config, text| config.resource.max_operations_per_second = parse::whole(text)? as u64;
    "METRICS_ENABLE_CLEANUP", "false", "drop series that nothing records into and no handle is on" => |config, text| config.resource.enable_metric_cleanup = parse::switch(text)?;
    "METRICS_CLEANUP_INTERVAL_SECONDS", "300", "for how long a series must be idle" => |config, text| config.resource.cleanup_interval_seconds = parse::positive(text)? as u64;
    "METRICS_HISTOGRAM_BUCKETS", "by unit", "bucket bounds of durations, between commas; `METRICS_HISTOGRAM_BUCKETS_<NAME>` for one metric, its name in upper case" => |config, text| config.buckets.general = Some(parse::bounds(text)?);
    "METRICS_EXPORT_INTERVAL_SECONDS", "60 (StatsD: 1)", "how often exporters push, fractions allowed" => |config, text| config.export_interval = Some(parse::interval(text)?);
    "METRICS_CONST_LABELS", "none", "labels on every series: `name=value,name=value`" => |config, text| config.const_labels = parse::const_labels(text)?;
    "METRICS_LOG_VALIDATION_ERRORS", "true", "log broken rules" => |config, text| config.errors.log_validation_errors = parse::switch(text)?;
    "METRICS_LOG_RESOURCE_ERRORS", "true", "log reached limits" => |config, text| config.errors.log_resource_errors = parse::switch(text)?;
    "METRICS_LOG_EXPORT_ERRORS", "true", "log failures of exporters" => |config, text| config.errors.log_export_errors = parse::switch(text)?;
    "METRICS_LOG_CONFIG_ERRORS", "true", "log wrong settings" => |config, text| config.errors.log_config_errors = parse::switch(text)?;
    "METRICS_PROPAGATE_ERRORS", "false", "let operations return their errors" => |config, text| config.errors.propagate_errors = parse::switch(text)?;
    "METRICS_DETAILED_ERROR_CONTEXT", "true", "name the limits in error messages" => |config, text| config.errors.detailed_error_context = parse::switch(text)?;
    "METRICS_ERROR_LOG_LEVEL", "warn", "`error`, `warn`, `info`, `debug` or `trace`" => |config, text| config.errors.error_log_level = parse::level(text)?;
    "METRICS_HTTP_ADDR", "none", "where the scrape server listens; it runs only if this is set (feature `http`)" => |config, text| config.http_address = Some(parse::address(text)?);
    "METRICS_HTTP_PATH", "`/metrics`", "the path of the scrape server" => |config, text| config.http_path = Some(parse::path(text)?);
    "METRICS_HTTP_BEARER_TOKEN", "none", "a token that scrapers must send; `METRICS_HTTP_BEARER_TOKEN_FILE` names a file with it" => |config, text| config.bearer_token = Some(parse::secret(text)?.into());
    "METRICS_HTTP_BASIC_AUTH", "none", "`user:password` that scrapers must send; `METRICS_HTTP_BASIC_AUTH_FILE` names a file with it" => |config, text| config.basic_auth = Some(parse::credentials(text)?.into());
    "PROMETHEUS_NAMESPACE", "none", "put before names that declare no namespace of their own" => |config, text| config.namespace = Some(parse::namespace(text)?);
    "PROMETHEUS_ALLOW_REMOVAL", "true", "whether metrics by name may be removed" => |config, text| config.allow_removal = Some(parse::switch(text)?);
};

/// Variables that are never printed, and whose value may stand in a file that another variable names.
pub(super) const SECRETS: &[&str] = &[
    "INFLUXDB_PASSWORD",
    "INFLUXDB_TOKEN",
    "METRICS_HTTP_BASIC_AUTH",
    "METRICS_HTTP_BEARER_TOKEN",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    "DD_API_KEY",
    "PUSHGATEWAY_BASIC_AUTH",
    "REMOTE_WRITE_BEARER_TOKEN",
    "REMOTE_WRITE_BASIC_AUTH",
    "REMOTE_WRITE_HEADERS",
];

/// Two names of one setting: the one that is read, and the other.
const ALIASES: [(&str, &str); 2] = [
    ("METRICS_EXPORTER", "METRICS_BACKEND"),
    ("METRICS_MAX_METRICS", "PROMETHEUS_MAX_METRICS"),
];

/// How the variables begin that set the bounds of one metric.
pub(super) const BUCKETS_OF: &str = "METRICS_HISTOGRAM_BUCKETS_";

/// Puts variables into the configuration and returns those that are wrong.
pub(super) fn apply(variables: &BTreeMap<String, String>, config: &mut Config) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let mut variables = variables.clone();
    // The variables that were set, where a setting has its value from another one than that of its name.
    let mut sources: BTreeMap<&str, String> = BTreeMap::new();
    for (name, other) in ALIASES {
        let Some(theirs) = variables.remove(other) else {
            continue;
        };
        match variables.get(name) {
            None => {
                variables.insert(name.to_owned(), theirs);
                sources.insert(name, other.to_owned());
            }
            Some(ours) if ours.trim() == theirs.trim() => {}
            Some(ours) => wrong.push(Wrong {
                variable: other.to_owned(),
                error_type: "conflict",
                message: format!("{other}='{theirs}' and {name}='{ours}' differ; set one of them"),
            }),
        }
    }
    for name in SECRETS.iter().copied() {
        let file = format!("{name}_FILE");
        let Some(path) = variables.remove(&file) else {
            continue;
        };
        match std::fs::read_to_string(&path) {
            Ok(_) if variables.contains_key(name) => wrong.push(Wrong {
                variable: file.clone(),
                error_type: "conflict",
                message: format!("{file} and {name} are both set; set one of them"),
            }),
            Ok(text) => {
                variables.insert(name.to_owned(), text);
                sources.insert(name, file);
            }
            Err(error) => wrong.push(Wrong {
                variable: file.clone(),
                error_type: "invalid_variable",
                message: format!("{file}='{path}': cannot be read ({error})"),
            }),
        }
    }
    for variable in known_variables() {
        let Some(text) = variables.get(variable.name) else {
            continue;
        };
        if variable.name.starts_with("OTEL_") && !config.exporters.contains(&ExporterChoice::Otlp) {
            // Not set for us.
            continue;
        }
        // A secret may hold spaces at its ends on purpose.
        let secret = SECRETS.contains(&variable.name);
        let text = if secret { text } else { text.trim() };
        // What the environment had there was no text: this character stands for each such byte.
        let applied = if text.contains(char::REPLACEMENT_CHARACTER) {
            Err("text in UTF-8".to_owned())
        } else {
            (variable.apply)(config, text)
        };
        if let Err(expected) = applied {
            let shown = if secret { "***" } else { text };
            let Variable {
                name,
                default,
                meaning,
                ..
            } = variable;
            let source = sources.get(name).map_or(*name, |source| source);
            let mut invalid = invalid(source, shown, &expected);
            let _ = write!(invalid.message, " (it sets: {meaning}; default: {default})");
            wrong.push(invalid);
        }
    }
    for (name, text) in &variables {
        if let Some(metric) = name.strip_prefix(BUCKETS_OF) {
            match parse::bounds(text) {
                Ok(bounds) => {
                    config.buckets.by_name.insert(metric.to_uppercase(), bounds);
                }
                Err(expected) => wrong.push(invalid(name, text, &expected)),
            }
        }
    }
    wrong
}

fn invalid(name: &str, shown: &str, expected: &str) -> Wrong {
    // An exporter that exists but is not there is not a wrong spelling.
    let missing = expected.starts_with(NOT_THERE);
    Wrong {
        variable: name.to_owned(),
        error_type: if missing {
            "missing_feature"
        } else {
            "invalid_variable"
        },
        message: if missing {
            format!("{name}='{shown}': {expected}")
        } else {
            format!("{name}='{shown}': expected {expected}")
        },
    }
}

const NOT_THERE: &str = "the exporter ";

fn exporters(text: &str) -> Result<Vec<ExporterChoice>, String> {
    let names: Vec<&str> = EXPORTERS.iter().map(|(name, _)| *name).collect();
    let mut chosen = Vec::new();
    for name in text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        let lower = name.to_ascii_lowercase();
        let known = EXPORTERS.iter().find(|(known, _)| *known == lower);
        match known {
            // Named twice, it is still one.
            Some((_, Availability::Here(choice))) if chosen.contains(choice) => {}
            Some((_, Availability::Here(choice))) => chosen.push(*choice),
            Some((known, Availability::Feature(feature))) => {
                return Err(format!(
                    "{NOT_THERE}`{known}` needs the feature `{feature}`"
                ));
            }
            None => {
                let near = instrumetrics_grammar::nearest(&lower, names.iter().copied());
                let near = near.map(|near| format!("; did you mean `{near}`?"));
                return Err(format!(
                    "`{}` between commas{}",
                    names.join("`, `"),
                    near.unwrap_or_default()
                ));
            }
        }
    }
    if chosen.is_empty() {
        return Err(format!("`{}` between commas", names.join("`, `")));
    }
    Ok(chosen)
}
