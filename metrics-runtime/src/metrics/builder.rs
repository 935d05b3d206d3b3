//! A builder over exporters and settings.

use super::cleanup::Cleanup;
use super::exporter::{AttachExporter, Part};
use super::rate::Limiter;
use super::{Inner, Metrics, MetricsErrorConfig, MetricsResourceConfig, MonitoringConfig};
use crate::config::{self, Config};
use crate::error::{MetricsError, shown};
use crate::family::Cap;
use crate::registry::Registry;
use crate::report;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

/// Builds [`Metrics`]; every setting has its default.
///
/// What is set here comes before what the environment says ([`from_env`](Self::from_env)), in whatever order the two
/// are called, and that before the default.
///
/// ```
/// # #[cfg(feature = "prometheus")]
/// # fn main() -> Result<(), instrumetrics_runtime::MetricsError> {
/// use instrumetrics_runtime::{Metrics, create_prometheus_exporter};
///
/// let metrics = Metrics::builder()
///     .exporter(create_prometheus_exporter()?)
///     .max_metrics(200)
///     .propagate_errors(true)
///     .build();
/// # assert_eq!(metrics.limits().max_metrics, 200);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "prometheus"))]
/// # fn main() {}
/// ```
#[derive(Clone, Debug, Default)]
pub struct MetricsBuilder {
    exporters: Vec<Part>,
    monitoring: MonitoringConfig,
    resource: Option<MetricsResourceConfig>,
    max_metrics: Option<usize>,
    max_label_combinations: Option<usize>,
    max_labels_per_metric: Option<usize>,
    error: Option<MetricsErrorConfig>,
    propagate_errors: Option<bool>,
    strict_label_values: Option<bool>,
    #[cfg(feature = "push")]
    export_interval: Option<Duration>,
    environment: Option<Config>,
}

/// Counts an error whose logging is left to the one who gets it.
fn count(error: &MetricsError) {
    report::count(error.operation(), error.name(), error.fault());
}

/// The variables of the process, these exporters among them where they name none.
fn process_variables(exporters: &str) -> Vec<(String, String)> {
    let variables = std::env::vars_os().filter_map(|(name, value)| {
        // A value that is no text is passed on, so that it is found wrong.
        Some((
            name.into_string().ok()?,
            value.to_string_lossy().into_owned(),
        ))
    });
    let mut variables: Vec<(String, String)> = variables.collect();
    let chooses = |(name, value): &(String, String)| {
        matches!(&**name, "METRICS_EXPORTER" | "METRICS_BACKEND") && !value.trim().is_empty()
    };
    if !variables.iter().any(chooses) {
        variables.push(("METRICS_EXPORTER".to_owned(), exporters.to_owned()));
    }
    variables
}

/// Says once that `METRICS_BACKEND` is an older name.
fn say_older_name() {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        tracing::warn!(target: report::TARGET, "METRICS_BACKEND is the older name of METRICS_EXPORTER: use that");
    });
}

impl MetricsBuilder {
    /// Everything that is not set in code, as the environment says; the variables are listed in
    /// `docs/CONFIGURATION.md`. What was read is logged.
    ///
    /// Where code chooses an exporter, `METRICS_EXPORTER` has no effect. A variable that begins with `METRICS_` and is not
    /// known is logged, with the one that was meant, perhaps.
    ///
    /// # Errors
    ///
    /// All variables that are wrong, at once: `invalid_variable`, `conflict`, `missing_feature`, `missing_value`.
    pub fn from_env(self) -> Result<Self, MetricsError> {
        self.from_env_or("null")
    }

    /// As [`from_env`](Self::from_env), with another default for `METRICS_EXPORTER`.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn from_env_or(self, exporters: &str) -> Result<Self, MetricsError> {
        let variables = process_variables(exporters);
        let builder = self.from_variables(variables.iter().cloned())?;
        builder.say_unknown(&variables);
        Ok(builder)
    }

    /// As [`from_env`](Self::from_env), where no exporter will be made in code.
    pub(super) fn with_env_alone(self) -> Result<Self, MetricsError> {
        let variables = process_variables("null");
        let config = Config::from_variables_alone(variables.iter().cloned());
        let builder = self.configured(config, &variables)?;
        builder.say_unknown(&variables);
        Ok(builder)
    }

    /// As [`from_env`](Self::from_env), from these variables instead of the process's: for tests, or where settings
    /// come from somewhere else. An empty one counts as unset, and those that are not ours are passed over.
    ///
    /// ```
    /// # use instrumetrics_runtime::Metrics;
    /// let variables = [("METRICS_MAX_METRICS", "many"), ("METRICS_RATE_LIMIT", "-1")];
    /// let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    /// let error = Metrics::builder().from_variables(variables).unwrap_err();
    /// assert_eq!(error.error_type(), "invalid_variable");
    /// assert!(error.to_string().contains("METRICS_MAX_METRICS='many': expected a whole number"));
    /// assert!(error.to_string().contains("METRICS_RATE_LIMIT='-1': expected a whole number"));
    /// ```
    ///
    /// # Errors
    ///
    /// As there.
    pub fn from_variables(
        self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, MetricsError> {
        let variables: Vec<(String, String)> = variables.into_iter().collect();
        let config = Config::from_variables(variables.iter().cloned());
        self.configured(config, &variables)
    }

    fn configured(
        mut self,
        config: Result<Config, MetricsError>,
        variables: &[(String, String)],
    ) -> Result<Self, MetricsError> {
        let config = config.inspect_err(count)?;
        tracing::info!(target: report::TARGET, ?config, "metrics are configured");
        let mut variables = variables.iter();
        if variables.any(|(name, value)| name == "METRICS_BACKEND" && !value.trim().is_empty()) {
            say_older_name();
        }
        self.environment = Some(config);
        Ok(self)
    }

    /// Logs variables that look like ours and are not.
    fn say_unknown(&self, variables: &[(String, String)]) {
        let environment = self.environment.as_ref();
        let errors = self
            .error
            .as_ref()
            .or(environment.map(|config| &config.errors));
        if errors.is_some_and(|errors| !errors.log_config_errors) {
            return;
        }
        for unknown in config::unknown(variables) {
            let name = shown(unknown.name);
            match unknown.nearest {
                Some(nearest) => {
                    tracing::warn!(target: report::TARGET, "{name} is not a variable of this library; did you mean {nearest}?");
                }
                None => {
                    tracing::warn!(target: report::TARGET, "{name} is not a variable of this library");
                }
            }
        }
    }

    /// Where the metrics go: nowhere unless this is called, and everywhere at once if it is called more than once.
    #[must_use]
    pub fn exporter(mut self, exporter: impl AttachExporter) -> Self {
        self.exporters.push(exporter.part());
        self
    }

    /// How often exporters push that the environment chooses or that are registered later; unless this is called it
    /// is 60 seconds, StatsD's is one. Those that are made in code have an interval of their own.
    #[cfg(feature = "push")]
    #[must_use]
    pub const fn export_interval(mut self, interval: Duration) -> Self {
        self.export_interval = Some(interval);
        self
    }

    /// All limits at once.
    #[must_use]
    pub fn resource_config(mut self, resource: MetricsResourceConfig) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Everything about errors at once.
    #[must_use]
    pub fn error_config(mut self, error: MetricsErrorConfig) -> Self {
        self.error = Some(error);
        self
    }

    /// What the library tells about itself.
    #[must_use]
    pub const fn monitoring_config(mut self, monitoring: MonitoringConfig) -> Self {
        self.monitoring = monitoring;
        self
    }

    /// How many names there may be.
    #[must_use]
    pub const fn max_metrics(mut self, max: usize) -> Self {
        self.max_metrics = Some(max);
        self
    }

    /// How many label combinations there may be in all.
    #[must_use]
    pub const fn max_label_combinations(mut self, max: usize) -> Self {
        self.max_label_combinations = Some(max);
        self
    }

    /// How many labels one metric may have.
    #[must_use]
    pub const fn max_labels_per_metric(mut self, max: usize) -> Self {
        self.max_labels_per_metric = Some(max);
        self
    }

    /// Whether operations return their errors.
    #[must_use]
    pub const fn propagate_errors(mut self, propagate: bool) -> Self {
        self.propagate_errors = Some(propagate);
        self
    }

    /// Whether label values with quotes, backslashes or line feeds are refused instead of escaped.
    #[must_use]
    pub const fn strict_label_values(mut self, strict: bool) -> Self {
        self.strict_label_values = Some(strict);
        self
    }

    /// The metrics.
    ///
    /// What cannot be started (an exporter's thread, or what the environment asks for) is logged, counted in
    /// `metrics_export_errors_total` or `metrics_config_errors_total`, and left out.
    pub fn build(self) -> Metrics {
        let (metrics, failed) = self.started();
        for error in failed {
            metrics.inner.reported(&error);
        }
        metrics
    }

    /// As [`build`](Self::build), where everything must start.
    ///
    /// # Errors
    ///
    /// The first of what cannot be started: `registration_failed`, `io`, `conflict`, `missing_value`.
    pub fn try_build(self) -> Result<Metrics, MetricsError> {
        let (metrics, failed) = self.started();
        if metrics.inner.monitoring.monitoring_enabled {
            failed.iter().for_each(count);
        }
        failed.into_iter().next().map_or(Ok(metrics), Err)
    }

    /// The metrics, and what could not be started.
    fn started(self) -> (Metrics, Vec<MetricsError>) {
        #[cfg_attr(not(feature = "push"), expect(unused_mut, reason = "nothing is set"))]
        let mut config = self.environment.clone().unwrap_or_default();
        #[cfg(feature = "push")]
        {
            config.export_interval = self.export_interval.or(config.export_interval);
        }
        config.buckets.clone().choose();
        let chosen_in_code = !self.exporters.is_empty();
        let mut parts = self.exporters.clone();
        let mut failed = Vec::new();
        if !chosen_in_code {
            for choice in &config.exporters {
                match super::factories::exporter(*choice, &config) {
                    Ok(part) => parts.push(part),
                    Err(error) => failed.push(error),
                }
            }
        }
        let is_null = self.environment.is_some() && parts.iter().all(Part::is_null);
        let metrics = Metrics {
            inner: Arc::new(self.inner(&config)),
        };
        #[cfg(feature = "prometheus")]
        if parts.iter().any(Part::is_prometheus) {
            report::log_exports_of("prometheus", &metrics.inner.errors);
        }
        failed.extend(
            parts
                .into_iter()
                .filter_map(|part| metrics.inner.attach(part).err()),
        );
        failed.extend(metrics.serve(&config).err());
        // Not where something else was wanted and could not be had.
        if is_null && failed.is_empty() {
            crate::recording::set_recording(false);
        }
        (metrics, failed)
    }

    /// The settings: those of code before those of the environment before the defaults.
    fn inner(self, config: &Config) -> Inner {
        // Relaxed: only uniqueness matters.
        static IDS: AtomicU64 = AtomicU64::new(1);
        let mut resource = self.resource.unwrap_or_else(|| config.resource.clone());
        for (set, field) in [
            (self.max_metrics, &mut resource.max_metrics),
            (
                self.max_label_combinations,
                &mut resource.max_label_combinations,
            ),
            (
                self.max_labels_per_metric,
                &mut resource.max_labels_per_metric,
            ),
        ] {
            *field = set.unwrap_or(*field);
        }
        let mut errors = self.error.unwrap_or_else(|| config.errors.clone());
        errors.propagate_errors = self.propagate_errors.unwrap_or(errors.propagate_errors);
        let cap = Arc::new(Cap::new(resource.max_label_combinations));
        let registry = Arc::new(Registry::new(cap, resource.max_label_value_length));
        #[cfg(feature = "testing")]
        crate::testing::made(&registry);
        // An interval of 0 would leave nothing to read.
        let idle = Duration::from_secs(resource.cleanup_interval_seconds.max(1));
        let cleanup = resource
            .enable_metric_cleanup
            .then(|| Cleanup::start(&registry, idle))
            .flatten();
        Inner {
            id: IDS.fetch_add(1, Ordering::Relaxed),
            registry,
            _cleanup: cleanup,
            null: AtomicBool::new(true),
            rate: Limiter::new(resource.max_operations_per_second),
            resource,
            errors,
            monitoring: self.monitoring,
            strict_label_values: self
                .strict_label_values
                .unwrap_or(config.strict_label_values),
            #[cfg(feature = "prometheus")]
            prometheus: std::sync::OnceLock::new(),
            #[cfg(feature = "http")]
            server: std::sync::Mutex::new(None),
            #[cfg(feature = "push")]
            attached: super::attached::Attached::default(),
            #[cfg(feature = "push")]
            export_interval: self
                .export_interval
                .or(config.export_interval)
                .unwrap_or(crate::export::push::DEFAULT_INTERVAL),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> MetricsBuilder {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        MetricsBuilder {
            environment: Some(Config::from_variables(variables).unwrap()),
            ..MetricsBuilder::default()
        }
    }

    #[test]
    fn code_comes_before_the_environment_and_that_before_the_default() {
        let variables = [
            ("METRICS_MAX_METRICS", "7"),
            ("METRICS_MAX_LABELS_PER_METRIC", "3"),
            ("METRICS_PROPAGATE_ERRORS", "true"),
            ("METRICS_STRICT_LABEL_VALUES", "true"),
            ("METRICS_ERROR_LOG_LEVEL", "debug"),
        ];
        let inner = |builder: MetricsBuilder| {
            let config = builder.environment.clone().unwrap();
            builder.inner(&config)
        };
        let from_environment = inner(with(&variables));
        assert_eq!(from_environment.resource.max_metrics, 7);
        assert_eq!(from_environment.resource.max_labels_per_metric, 3);
        assert_eq!(from_environment.resource.max_label_combinations, 10_000);
        assert!(from_environment.errors.propagate_errors);
        assert!(from_environment.strict_label_values);
        let from_code = inner(
            with(&variables)
                .max_metrics(9)
                .propagate_errors(false)
                .strict_label_values(false),
        );
        assert_eq!(from_code.resource.max_metrics, 9);
        assert_eq!(from_code.resource.max_labels_per_metric, 3);
        assert!(!from_code.errors.propagate_errors);
        assert_eq!(from_code.errors.error_log_level, "debug");
        assert!(!from_code.strict_label_values);
        let whole = inner(with(&variables).resource_config(MetricsResourceConfig::default()));
        assert_eq!(whole.resource, MetricsResourceConfig::default());
    }

    #[cfg(feature = "prometheus")]
    #[test]
    fn an_exporter_of_code_comes_before_that_of_the_environment() {
        let exporter = crate::create_prometheus_exporter().unwrap();
        let metrics = with(&[("METRICS_EXPORTER", "null")])
            .exporter(exporter)
            .try_build()
            .unwrap();
        assert!(metrics.prometheus_exporter().is_some());
        assert!(crate::recording());
    }
}
