//! The exporter for InfluxDB and what else takes its line protocol: over HTTP or UDP.

mod encode;
mod http;
mod mapping;
mod target;
#[cfg(test)]
mod tests;
mod udp;

#[cfg(test)]
pub(crate) use mapping::MAPPINGS;

use crate::Secret;
use crate::error::MetricsError;
use crate::export::labels::constant;
use crate::export::push::labels::Labels;
use crate::export::push::{DEFAULT_INTERVAL, Pusher, Settings};
use crate::export::setting::check_interval;
use encode::Encoder;
use std::time::Duration;
use target::Target;

/// What errors of a configuration are said to come from.
const NEW: &str = "InfluxExporter::new";

/// Settings of an InfluxDB exporter: either `database` (InfluxDB 1) or `org` and `bucket` (InfluxDB 2 and 3) is set,
/// unless it sends over UDP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InfluxConfig {
    /// Where the server is: `http://host:8086`, `https://host`, or `udp://host:8089`.
    pub url: String,
    /// The database, for the API of InfluxDB 1.
    pub database: Option<String>,
    /// The organisation, for the API of InfluxDB 2.
    pub org: Option<String>,
    /// The bucket, for the API of InfluxDB 2.
    pub bucket: Option<String>,
    /// A token. InfluxDB 2 wants one; other servers may not.
    pub token: Option<Secret>,
    /// A user, for the API of InfluxDB 1, with a password.
    pub username: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
    /// Whether requests are compressed. It takes a tenth of the network and several times the processor time.
    pub gzip: bool,
    /// Labels on every series, such as the instance or the region. Where a metric that is declared later has a
    /// label of that name, the metric's own wins.
    pub const_labels: Vec<(String, String)>,
    /// From one export to the next.
    pub interval: Duration,
}

impl Default for InfluxConfig {
    /// `http://localhost:8086`, compressed, every 60 seconds; what is written to has to be set.
    fn default() -> Self {
        Self {
            url: "http://localhost:8086".to_owned(),
            database: None,
            org: None,
            bucket: None,
            token: None,
            username: None,
            password: None,
            gzip: true,
            const_labels: Vec::new(),
            interval: DEFAULT_INTERVAL,
        }
    }
}

/// Pushes the metrics of this process to InfluxDB, or what else takes its line protocol.
///
/// All series are sent at each interval: totals since the start of the process (`non_negative_derivative` makes rates
/// of them) and the values of gauges, with the time at which they were read in nanoseconds. Each metric is a
/// measurement, its labels are tags. The field `value` is an integer for counters and a float for gauges and counters
/// of reals; a histogram has the fields `count`, `sum` and one for each bucket, named by its bound, as Telegraf writes
/// them.
///
/// Over HTTP, requests have at most 5,000 lines. What the server refuses (400, because a field has another type in the
/// database) is narrowed down to whole metrics; these are dropped, counted and reported, the others are delivered. On
/// any other failure everything is kept and sent later. Over UDP nothing is acknowledged, and what is sent counts as
/// delivered.
///
/// Cheap to clone; clones share everything. It works from when it is given to [`Metrics`](crate::Metrics) on.
///
/// ```no_run
/// use instrumetrics_runtime::{InfluxConfig, InfluxExporter, Metrics};
///
/// # fn main() -> Result<(), instrumetrics_runtime::MetricsError> {
/// let metrics = Metrics::new(InfluxExporter::new(InfluxConfig {
///     url: "https://influx.example".into(),
///     org: Some("acme".into()),
///     bucket: Some("metrics".into()),
///     token: std::env::var("TOKEN").ok().map(Into::into),
///     ..InfluxConfig::default()
/// })?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct InfluxExporter {
    pusher: Pusher,
}

impl InfluxExporter {
    /// An exporter with these settings. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// `missing_value` where a database, a bucket, or what goes with it is missing; `invalid_variable` for a URL,
    /// secret, interval or label that cannot be; `conflict` where both APIs are asked for, and for a constant label
    /// that a declared metric has already.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "settings are given away, as to every exporter"
    )]
    pub fn new(config: InfluxConfig) -> Result<Self, MetricsError> {
        let target = Target::of(&config)?;
        check_interval(NEW, config.interval)?;
        let constant = constant(NEW, &config.const_labels)?.into_boxed_slice();
        let settings = Settings::every(config.interval);
        let pusher = Pusher::new("influx", settings, move || {
            let encoder = Encoder::new(Labels::new(mapping::SYNTAX, constant.clone()));
            match &target {
                Target::Http { client, gzip } => {
                    Box::new(http::Http::new(client.clone(), *gzip, encoder))
                }
                Target::Udp { host, port } => Box::new(udp::Udp::new(host, *port, encoder)),
            }
        });
        Ok(Self { pusher })
    }

    /// What is attached to metrics.
    pub(crate) fn into_pusher(self) -> Pusher {
        self.pusher
    }
}

/// As InfluxDB counts time; its clock ends in 2262.
fn nanoseconds(since_1970: Duration) -> u64 {
    let most = i64::MAX.unsigned_abs();
    u64::try_from(since_1970.as_nanos()).map_or(most, |nanoseconds| nanoseconds.min(most))
}
