//! The Graphite exporter: plaintext over TCP.

mod encode;
mod mapping;
mod send;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use mapping::MAPPINGS;

use crate::error::MetricsError;
use crate::export::labels::constant;
use crate::export::push::labels::Labels;
use crate::export::push::{DEFAULT_INTERVAL, Pusher, Settings};
use crate::export::setting::{check_interval, invalid, is_host, wrong};
use encode::Encoder;
use send::Graphite;
use std::time::Duration;

/// What errors of a configuration are said to come from.
const NEW: &str = "GraphiteExporter::new";

/// Settings of a Graphite exporter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphiteConfig {
    /// The host of carbon, or of what speaks its plaintext protocol: a name, which is looked up again and again,
    /// or an IP address.
    pub host: String,
    /// Its port for the plaintext protocol.
    pub port: u16,
    /// Put, with a dot, before every name: words of letters, digits, `_` and `-` with dots between them. Nothing if
    /// it is empty.
    pub prefix: String,
    /// Whether labels are sent as tags (`name;key=value`, Graphite 1.1 and later); otherwise they become part of the
    /// path (`name.key.value`).
    pub tags: bool,
    /// Labels on every series, such as the instance or the region. Where a metric that is declared later has a
    /// label of that name, the metric's own wins.
    pub const_labels: Vec<(String, String)>,
    /// From one export to the next.
    pub interval: Duration,
}

impl Default for GraphiteConfig {
    /// `localhost`, port 2003, with tags, every 60 seconds.
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: 2003,
            prefix: String::new(),
            tags: true,
            const_labels: Vec::new(),
            interval: DEFAULT_INTERVAL,
        }
    }
}

/// Pushes the metrics of this process to Graphite, as plaintext over TCP.
///
/// All series are sent at each interval: totals since the start of the process (Graphite's functions
/// `nonNegativeDerivative` and `perSecond` make rates of them) and the values of gauges, with the time at which they
/// were read. A histogram becomes `name_bucket` with the label `le`, `name_sum` and `name_count`, as in Prometheus.
///
/// Each export has a connection of its own, at the end of which both sides say that they are done: so it is known
/// whether the peer read everything. Of a connection that broke that is not known; everything is then sent again
/// later, which does no harm, since totals do not add up.
///
/// Cheap to clone; clones share everything. It works from when it is given to [`Metrics`](crate::Metrics) on.
///
/// ```no_run
/// use instrumetrics_runtime::{GraphiteConfig, GraphiteExporter, Metrics};
///
/// # fn main() -> Result<(), instrumetrics_runtime::MetricsError> {
/// let metrics = Metrics::new(GraphiteExporter::new(GraphiteConfig {
///     host: "graphite.example".into(),
///     prefix: "prod.web".into(),
///     ..GraphiteConfig::default()
/// })?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct GraphiteExporter {
    pusher: Pusher,
}

impl GraphiteExporter {
    /// An exporter with these settings. Nothing is looked up or connected yet.
    ///
    /// # Errors
    ///
    /// `missing_value` without a host, `invalid_variable` for a host, port, prefix, interval or label that cannot be,
    /// `conflict` for a constant label that a declared metric has already.
    pub fn new(config: GraphiteConfig) -> Result<Self, MetricsError> {
        if config.host.is_empty() {
            let reason = "expected the host of a Graphite server";
            return Err(wrong(NEW, "GRAPHITE_HOST", "missing_value", reason));
        }
        if !is_host(&config.host) {
            return Err(invalid(
                NEW,
                "GRAPHITE_HOST",
                "a host name or an IP address",
            ));
        }
        if config.port == 0 {
            return Err(invalid(NEW, "GRAPHITE_PORT", "a port between 1 and 65535"));
        }
        if !is_prefix(&config.prefix) {
            return Err(invalid(NEW, "GRAPHITE_PREFIX", EXPECTED_PREFIX));
        }
        check_interval(NEW, config.interval)?;
        let constant = constant(NEW, &config.const_labels)?.into_boxed_slice();
        let settings = Settings::every(config.interval);
        let pusher = Pusher::new("graphite", settings, move || {
            let labels = Labels::new(mapping::syntax(config.tags), constant.clone());
            let encoder = Encoder::new(&config.prefix, labels, config.tags);
            Box::new(Graphite::new(&config.host, config.port, encoder))
        });
        Ok(Self { pusher })
    }

    /// What is attached to metrics.
    pub(crate) fn into_pusher(self) -> Pusher {
        self.pusher
    }
}

/// What a prefix must be.
pub(crate) const EXPECTED_PREFIX: &str =
    "words of letters, digits, `_` and `-` with dots between them";

/// Whether it can stand before names: no part of it empty, nothing in it that would need another spelling.
pub(crate) fn is_prefix(prefix: &str) -> bool {
    let word = |word: &str| {
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        !word.is_empty() && word.bytes().all(fine)
    };
    prefix.is_empty() || prefix.split('.').all(word)
}
