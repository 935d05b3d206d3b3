//! The StatsD exporter.
//!
//! What was recorded since the last flush is added up and sent: counters as what they grew by, gauges as they are,
//! histograms as one value for each bucket that moved, with its count in the rate. Nothing is sent twice, and what
//! could not be sent is part of the next flush.

mod batch;
mod config;
mod dialect;
mod flush;
mod link;
mod names;
mod number;
mod rate;
mod single;
mod spread;

pub use config::{StatsdConfig, StatsdHistogramType, StatsdTransport};
#[cfg(test)]
pub(crate) use dialect::MAPPINGS;
pub use dialect::StatsdDialect;

use crate::error::MetricsError;
use crate::export::push::{Pusher, Settings};
use flush::Statsd;
use std::time::Duration;

/// How often single recordings are sent, where they are not added up.
const EVENTS_PAUSE: Duration = Duration::from_millis(10);

/// The exporter's name in logs and labels.
const NAME: &str = "statsd";

/// Sends the metrics of this process to a StatsD server: Etsy's daemon, Datadog's agent, Telegraf, and others that
/// speak one of the [dialects](StatsdDialect).
///
/// Cheap to clone; clones share everything. It works on a thread of its own from when it is attached to metrics, so
/// neither a slow server nor one that is away is ever felt where something is recorded.
///
/// ```
/// use instrumetrics_runtime::{Metrics, StatsdConfig, StatsdDialect, StatsdExporter};
///
/// # fn main() -> Result<(), instrumetrics_runtime::MetricsError> {
/// let exporter = StatsdExporter::new(StatsdConfig {
///     prefix: Some("acme.api".to_owned()),
///     dialect: StatsdDialect::DogStatsd,
///     ..StatsdConfig::default()
/// })?;
/// let metrics = Metrics::new(exporter);
/// # drop(metrics);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct StatsdExporter {
    pusher: Pusher,
}

/// An exporter to the StatsD server on this host and port, by UDP and in the plain dialect.
///
/// # Errors
///
/// As [`StatsdExporter::new`].
pub fn create_statsd_exporter(host: &str, port: u16) -> Result<StatsdExporter, MetricsError> {
    StatsdExporter::new(StatsdConfig {
        host: host.to_owned(),
        port,
        ..StatsdConfig::default()
    })
}

impl StatsdExporter {
    /// An exporter with these settings. The server need not be there: a name that cannot be resolved yet, and a
    /// server that does not listen yet, are tried again.
    ///
    /// # Errors
    ///
    /// `invalid_variable` for a setting that is out of range, `missing_value` for a Unix socket without its path,
    /// `conflict` for a constant label that is given twice or that a declared metric has already.
    pub fn new(config: StatsdConfig) -> Result<Self, MetricsError> {
        config.check()?;
        let mut settings = Settings::every(config.interval);
        settings.pause = (!config.aggregate).then_some(EVENTS_PAUSE);
        Ok(Self {
            pusher: Pusher::new(NAME, settings, move || Box::new(Statsd::new(&config))),
        })
    }

    pub(crate) fn into_pusher(self) -> Pusher {
        self.pusher
    }
}
