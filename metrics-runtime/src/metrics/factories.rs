//! Ready-made sets of metrics.

use super::exporter::Part;
use super::{AttachExporter, Metrics, MetricsErrorConfig, MetricsResourceConfig, MonitoringConfig};
use crate::config::{Config, ExporterChoice, NO_SERVER};
use crate::error::{ErrorCategory, Fault, MetricsError};
use crate::export::NullExporter;

/// Metrics by name as the environment says; the variables are listed in `docs/CONFIGURATION.md`.
///
/// Without `METRICS_EXPORTER` that is null: nothing is exported, and the process records nothing until
/// another exporter is created. What was chosen is logged once.
///
/// # Errors
///
/// All variables that are wrong, at once: `invalid_variable`, `conflict`, `missing_feature`; and what keeps an
/// exporter or the scrape server from starting (`registration_failed`, `io`). They are counted, too.
pub fn create_metrics_from_env() -> Result<Metrics, MetricsError> {
    Metrics::builder().with_env_alone()?.try_build()
}

/// The exporter that the environment chooses, as it configures it.
#[cfg_attr(
    not(any(feature = "prometheus", feature = "_backend")),
    expect(
        unused_variables,
        clippy::unnecessary_wraps,
        reason = "null needs no configuration and cannot fail"
    )
)]
pub(super) fn exporter(choice: ExporterChoice, config: &Config) -> Result<Part, MetricsError> {
    Ok(match choice {
        #[cfg(feature = "prometheus")]
        ExporterChoice::Prometheus => prometheus(config)?.part(),
        #[cfg(feature = "otlp")]
        ExporterChoice::Otlp => {
            crate::OtlpExporter::new(crate::OtlpConfig::from_environment(config))?.part()
        }
        #[cfg(feature = "json")]
        ExporterChoice::Json => json(config)?.part(),
        #[cfg(feature = "graphite")]
        ExporterChoice::Graphite => graphite(config)?.part(),
        #[cfg(feature = "influx")]
        ExporterChoice::Influx => influx(config)?.part(),
        #[cfg(feature = "datadog")]
        ExporterChoice::Datadog => crate::DatadogExporter::new(config.for_datadog())?.part(),
        #[cfg(feature = "pushgateway")]
        ExporterChoice::Pushgateway => {
            crate::PushgatewayExporter::new(config.for_pushgateway())?.part()
        }
        #[cfg(feature = "remote-write")]
        ExporterChoice::RemoteWrite => {
            crate::RemoteWriteExporter::new(config.for_remote_write())?.part()
        }
        #[cfg(feature = "statsd")]
        ExporterChoice::Statsd => {
            let statsd = crate::StatsdConfig::from_environment(config);
            crate::StatsdExporter::new(statsd)?.part()
        }
        // Null; the others cannot be chosen without their features.
        _ => NullExporter.part(),
    })
}

#[cfg(feature = "prometheus")]
fn prometheus(config: &Config) -> Result<crate::PrometheusExporter, MetricsError> {
    crate::PrometheusExporter::with_config(&crate::PrometheusConfig {
        namespace: config.namespace.clone(),
        const_labels: config.const_labels.clone(),
        allow_metric_removal: config.allow_removal.unwrap_or(true),
    })
}

#[cfg(feature = "json")]
fn json(config: &Config) -> Result<crate::JsonExporter, MetricsError> {
    let default = crate::JsonConfig::default();
    let settings = &config.json;
    crate::JsonExporter::new(crate::JsonConfig {
        directory: settings.directory.clone().unwrap_or(default.directory),
        retention_files: settings.retention_files.unwrap_or(default.retention_files),
        retention_age: settings.retention_age,
        interval: config.export_interval.unwrap_or(default.interval),
        const_labels: config.const_labels.clone(),
    })
}

#[cfg(feature = "graphite")]
fn graphite(config: &Config) -> Result<crate::GraphiteExporter, MetricsError> {
    let default = crate::GraphiteConfig::default();
    let chosen = config.graphite.clone();
    crate::GraphiteExporter::new(crate::GraphiteConfig {
        host: chosen.host.unwrap_or(default.host),
        port: chosen.port.unwrap_or(default.port),
        prefix: chosen.prefix.unwrap_or(default.prefix),
        tags: chosen.tags.unwrap_or(default.tags),
        const_labels: config.const_labels.clone(),
        interval: config.export_interval.unwrap_or(default.interval),
    })
}

#[cfg(feature = "influx")]
fn influx(config: &Config) -> Result<crate::InfluxExporter, MetricsError> {
    let default = crate::InfluxConfig::default();
    let chosen = config.influx.clone();
    crate::InfluxExporter::new(crate::InfluxConfig {
        url: chosen.url.unwrap_or(default.url),
        database: chosen.database,
        org: chosen.org,
        bucket: chosen.bucket,
        token: chosen.token,
        username: chosen.username,
        password: chosen.password,
        gzip: default.gzip,
        const_labels: config.const_labels.clone(),
        interval: config.export_interval.unwrap_or(default.interval),
    })
}

impl Metrics {
    /// Starts the scrape server if an address is configured.
    pub(super) fn serve(&self, config: &Config) -> Result<(), MetricsError> {
        let Some(address) = config.http_address else {
            return Ok(());
        };
        #[cfg(feature = "http")]
        if let Some(exporter) = self.prometheus_exporter() {
            return self.serve_at(address, config, exporter.clone());
        }
        let _ = (self, address);
        // It is not silently left out.
        let (error_type, why) = NO_SERVER;
        let fault = Fault::new(ErrorCategory::Config, error_type, why);
        let name = "METRICS_HTTP_ADDR";
        Err(MetricsError::new(
            "create_metrics_from_env",
            name,
            fault,
            None,
        ))
    }

    #[cfg(feature = "http")]
    fn serve_at(
        &self,
        address: std::net::SocketAddr,
        config: &Config,
        exporter: crate::PrometheusExporter,
    ) -> Result<(), MetricsError> {
        let secret = |secret: &Option<crate::Secret>| {
            secret.as_ref().map(|secret| secret.reveal().to_owned())
        };
        let options = crate::http::ServerOptions {
            path: config
                .http_path
                .clone()
                .unwrap_or_else(|| crate::http::DEFAULT_PATH.to_owned()),
            bearer_token: secret(&config.bearer_token),
            basic_auth: secret(&config.basic_auth),
        };
        let server = crate::http::serve_with(address, exporter, &options).map_err(|error| {
            let fault = Fault::new(ErrorCategory::Export, "io", error.to_string());
            let name = address.to_string();
            MetricsError::new("create_metrics_from_env", name, fault, None)
        })?;
        let slot = self.inner.server.lock();
        *slot.unwrap_or_else(std::sync::PoisonError::into_inner) = Some(server);
        Ok(())
    }
}

/// Metrics by name into a Prometheus exporter of their own.
///
/// # Errors
///
/// As [`create_prometheus_exporter`](crate::create_prometheus_exporter).
#[cfg(feature = "prometheus")]
pub fn create_metrics_with_prometheus_exporter() -> Result<Metrics, MetricsError> {
    Ok(Metrics::new(crate::export::create_prometheus_exporter()?))
}

/// Metrics by name to the StatsD server on this host and port, by UDP and in the plain dialect. The server need not
/// be there.
///
/// # Errors
///
/// As [`create_statsd_exporter`](crate::create_statsd_exporter), and `io` where the exporter's thread cannot be
/// started. Without the feature `statsd` always `missing_feature`.
pub fn create_metrics_with_statsd_exporter(host: &str, port: u16) -> Result<Metrics, MetricsError> {
    #[cfg(feature = "statsd")]
    {
        let exporter = crate::create_statsd_exporter(host, port)?;
        Metrics::builder().exporter(exporter).try_build()
    }
    #[cfg(not(feature = "statsd"))]
    {
        let fault = Fault::new(
            ErrorCategory::Config,
            "missing_feature",
            "the exporter `statsd` needs the feature `statsd`",
        );
        Err(MetricsError::new(
            "create_metrics_with_statsd_exporter",
            format!("{host}:{port}"),
            fault,
            None,
        ))
    }
}

/// Metrics by name that are not recorded. Declared metrics and other sets are not affected.
pub fn create_metrics_with_null_exporter() -> Metrics {
    Metrics::new(NullExporter)
}

/// Metrics by name with at most this many names, and labels of one metric.
///
/// # Errors
///
/// None so far.
pub fn create_metrics_with_limits(
    exporter: impl AttachExporter,
    max_metrics: usize,
    max_labels_per_metric: usize,
) -> Result<Metrics, MetricsError> {
    Ok(Metrics::with_full_config(
        exporter,
        MonitoringConfig::default(),
        MetricsResourceConfig {
            max_metrics,
            max_labels_per_metric,
            ..MetricsResourceConfig::default()
        },
        MetricsErrorConfig::default(),
    ))
}

/// Metrics by name whose operations return their errors.
///
/// # Errors
///
/// None so far.
pub fn create_metrics_with_error_propagation(
    exporter: impl AttachExporter,
) -> Result<Metrics, MetricsError> {
    Ok(Metrics::with_full_config(
        exporter,
        MonitoringConfig::default(),
        MetricsResourceConfig::default(),
        MetricsErrorConfig {
            propagate_errors: true,
            ..MetricsErrorConfig::default()
        },
    ))
}
