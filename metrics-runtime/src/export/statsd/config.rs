//! What is particular to one StatsD exporter.

use super::dialect::StatsdDialect;
use crate::config::{Config, statsd as rules};
use crate::error::MetricsError;
use crate::export::{labels, setting};
use std::path::PathBuf;
use std::time::Duration;

/// Settings of a StatsD exporter; see [`StatsdExporter::new`](super::StatsdExporter::new).
#[derive(Clone, Debug, PartialEq)]
pub struct StatsdConfig {
    /// The name or address of the server's host.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// Put, with a full stop, before every name: letters, digits, `_`, `-` and full stops.
    pub prefix: Option<String>,
    /// How labels are written.
    pub dialect: StatsdDialect,
    /// What packets are sent by.
    pub transport: StatsdTransport,
    /// The path of the server's datagram socket, for [`StatsdTransport::Uds`].
    pub socket: Option<PathBuf>,
    /// Whether what was recorded is added up and sent once an interval. If not, every observation is sent by itself.
    pub aggregate: bool,
    /// Which part of the observations is sent where they are not added up: above 0, at most 1.
    pub sample_rate: f64,
    /// As what observations are sent: unless it is given `ms`, and `h` for DogStatsD.
    pub histogram_type: Option<StatsdHistogramType>,
    /// Bytes of a packet at most: unless it is given 1432, and 8192 for a Unix socket.
    pub max_packet_bytes: Option<usize>,
    /// From one export to the next.
    pub interval: Duration,
    /// Labels on every series, such as the instance or the region. Where a metric that is declared later has a label
    /// of that name, the metric's own wins.
    pub const_labels: Vec<(String, String)>,
}

/// What packets are sent by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatsdTransport {
    /// Datagrams.
    #[default]
    Udp,
    /// A stream of lines.
    Tcp,
    /// Datagrams to a Unix socket.
    #[cfg(unix)]
    Uds,
}

/// As what observations are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatsdHistogramType {
    /// `ms`: a timing. Seconds are sent in milliseconds, and nothing below zero, which servers refuse.
    Timing,
    /// `h`: a histogram. Etsy's daemon takes it for a counter.
    Histogram,
    /// `d`: a distribution of Datadog's. Etsy's daemon takes it for a counter.
    Distribution,
}

impl StatsdHistogramType {
    /// The type that `STATSD_HISTOGRAM_TYPE` calls so.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "ms" => Self::Timing,
            "h" => Self::Histogram,
            "d" => Self::Distribution,
            _ => return None,
        })
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Timing => "ms",
            Self::Histogram => "h",
            Self::Distribution => "d",
        }
    }
}

/// How often a StatsD exporter pushes unless it says otherwise.
const INTERVAL: Duration = Duration::from_secs(1);

/// Of networks whose packets hold 1,500 bytes, with room for headers.
const PACKET: usize = 1432;

/// What servers read from a Unix socket at once.
#[cfg(unix)]
const UNIX_PACKET: usize = 8192;

impl Default for StatsdConfig {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: 8125,
            prefix: None,
            dialect: StatsdDialect::default(),
            transport: StatsdTransport::default(),
            socket: None,
            aggregate: true,
            sample_rate: 1.0,
            histogram_type: None,
            max_packet_bytes: None,
            interval: INTERVAL,
            const_labels: Vec::new(),
        }
    }
}

/// What made the exporter, as errors name it.
const OPERATION: &str = "create_statsd_exporter";

impl StatsdConfig {
    /// Whether everything is as it may be.
    pub(super) fn check(&self) -> Result<(), MetricsError> {
        let invalid = |name: &str, expected: &str| Err(setting::invalid(OPERATION, name, expected));
        if !rules::is_host(&self.host) {
            return invalid("host", rules::EXPECTED_HOST);
        }
        if self.port == 0 {
            return invalid("port", rules::EXPECTED_PORT);
        }
        let prefix = self.prefix.as_deref().unwrap_or_default();
        if !prefix.is_empty() && !rules::is_prefix(prefix) {
            return invalid("prefix", rules::EXPECTED_PREFIX);
        }
        if !rules::is_rate(self.sample_rate) {
            return invalid("sample_rate", rules::EXPECTED_RATE);
        }
        if self
            .max_packet_bytes
            .is_some_and(|bytes| !rules::PACKET_BYTES.contains(&bytes))
        {
            return invalid("max_packet_bytes", rules::EXPECTED_PACKET_BYTES);
        }
        setting::check_interval(OPERATION, self.interval)?;
        #[cfg(unix)]
        let is_uds = self.transport == StatsdTransport::Uds;
        #[cfg(not(unix))]
        let is_uds = false;
        if is_uds && self.socket.is_none() {
            let reason = "expected the path of the socket";
            return Err(setting::wrong(OPERATION, "socket", "missing_value", reason));
        }
        labels::constant(OPERATION, &self.const_labels)?;
        Ok(())
    }

    pub(super) fn packet_bytes(&self) -> usize {
        self.max_packet_bytes.unwrap_or(match self.transport {
            StatsdTransport::Udp | StatsdTransport::Tcp => PACKET,
            #[cfg(unix)]
            StatsdTransport::Uds => UNIX_PACKET,
        })
    }

    pub(super) fn histogram_type(&self) -> StatsdHistogramType {
        self.histogram_type.unwrap_or(match self.dialect {
            StatsdDialect::DogStatsd => StatsdHistogramType::Histogram,
            _ => StatsdHistogramType::Timing,
        })
    }

    /// The prefix with its full stop.
    pub(super) fn dotted_prefix(&self) -> String {
        match self.prefix.as_deref() {
            None | Some("") => String::new(),
            Some(prefix) => format!("{}.", prefix.trim_end_matches('.')),
        }
    }
}

impl StatsdConfig {
    /// The settings that the environment asks for.
    pub(crate) fn from_environment(config: &Config) -> Self {
        let statsd = &config.statsd;
        let default = Self::default();
        let transport = match (statsd.transport, &statsd.socket) {
            (Some("tcp"), _) => StatsdTransport::Tcp,
            #[cfg(unix)]
            (Some("uds"), _) | (None, Some(_)) => StatsdTransport::Uds,
            _ => StatsdTransport::Udp,
        };
        Self {
            host: statsd.host.clone().unwrap_or(default.host),
            port: statsd.port.unwrap_or(default.port),
            prefix: statsd.prefix.clone(),
            dialect: statsd
                .dialect
                .and_then(StatsdDialect::named)
                .unwrap_or_default(),
            transport,
            socket: statsd.socket.as_ref().map(PathBuf::from),
            aggregate: statsd.aggregate.unwrap_or(default.aggregate),
            sample_rate: statsd.sample_rate.unwrap_or(default.sample_rate),
            histogram_type: statsd.histogram_type.and_then(StatsdHistogramType::named),
            max_packet_bytes: statsd.max_packet_bytes,
            interval: config.export_interval.unwrap_or(default.interval),
            const_labels: config.const_labels.clone(),
        }
    }
}
