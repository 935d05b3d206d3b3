//! Etsy's daemon reads what the StatsD exporter sends, and tells what it has counted.

#![expect(clippy::cast_precision_loss, reason = "the daemon counts in reals too")]

use crate::peers;
use crate::process::{Folder, Process, free_address};
use crate::workload::hostile_values;
use instrumetrics::{
    Metrics, MetricsError, StatsdConfig, StatsdDialect, StatsdExporter, StatsdTransport, Value,
};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// Adds up what the daemon hands to its back ends, with its own arithmetic, once a flush.
const BACKEND: &str = r"
const fs = require('fs');
exports.init = function (started, config, events) {
    const total = { counters: {}, gauges: {}, counts: {}, sums: {} };
    const add = (to, key, n) => { to[key] = (to[key] || 0) + n; };
    events.on('flush', function (time, metrics) {
        for (const key in metrics.counters) add(total.counters, key, metrics.counters[key]);
        for (const key in metrics.gauges) total.gauges[key] = metrics.gauges[key];
        for (const key in metrics.timer_data) {
            add(total.counts, key, metrics.timer_data[key].count);
            add(total.sums, key, metrics.timer_data[key].sum || 0);
        }
        fs.writeFileSync(config.totals + '.new', JSON.stringify(total));
        fs.renameSync(config.totals + '.new', config.totals);
    });
    return true;
};
";

pub(crate) struct Daemon {
    process: Process,
    pub(crate) address: SocketAddr,
    totals: PathBuf,
}

impl Daemon {
    pub(crate) fn start(address: SocketAddr) -> Option<Self> {
        let (node, daemon) = peers::statsd()?;
        let folder = Folder::new();
        let (backend, config, totals) = (
            folder.join("backend.js"),
            folder.join("config.js"),
            folder.join("totals.json"),
        );
        fs::write(&backend, BACKEND).unwrap();
        let (port, management) = (address.port(), free_address().port());
        let text = format!(
            "{{ backends: ['{}'], totals: '{}', flushInterval: 200, mgmt_address: '127.0.0.1', mgmt_port: {management},
               servers: [{{ server: './servers/udp', address: '127.0.0.1', port: {port} }},
                         {{ server: './servers/tcp', address: '127.0.0.1', port: {port} }}] }}",
            backend.display(),
            totals.display(),
        );
        fs::write(&config, text).unwrap();
        let mut process = Process::start(Command::new(node).arg(daemon).arg(config), folder);
        process.wait("statsd", || {
            TcpStream::connect(address).ok().filter(|_| totals.exists())
        });
        Some(Self {
            process,
            address,
            totals,
        })
    }

    /// Waits until a counter has arrived.
    pub(crate) fn wait(&mut self, counter: &str, value: f64) -> Json {
        let totals = self.totals.clone();
        self.process.wait(counter, || {
            let json: Json = serde_json::from_slice(&fs::read(&totals).ok()?).ok()?;
            (json["counters"][counter].as_f64() == Some(value)).then_some(json)
        })
    }

    fn metrics(&self, change: impl FnOnce(&mut StatsdConfig)) -> Metrics {
        let mut config = StatsdConfig {
            host: "127.0.0.1".to_owned(),
            port: self.address.port(),
            prefix: Some("live".to_owned()),
            interval: Duration::from_secs(3600),
            ..StatsdConfig::default()
        };
        change(&mut config);
        Metrics::new(StatsdExporter::with_config(&config).unwrap())
    }
}

fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

/// The key that the daemon has for a series, after the rules in docs/STATSD.md.
fn key(name: &str, labels: &[(String, String)], dialect: StatsdDialect) -> String {
    let (fine, open, assign): (&str, &str, &str) = match dialect {
        StatsdDialect::Plain => ("_-", ".", "."),
        // The daemon makes the one form of the other.
        _ => ("_-.", ";", "="),
    };
    let mut key = format!("live.{name}");
    for (label, value) in labels {
        key.extend([open, label, assign]);
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || fine.contains(char::from(byte)) {
                key.push(char::from(byte));
            } else {
                let _ = write!(key, "_{byte:02x}");
            }
        }
    }
    key
}

/// Records about two hundred series, in two parts.
fn record(metrics: &Metrics, values: &[String], part: usize) -> Result<(), MetricsError> {
    wait(async {
        for (n, value) in values.iter().enumerate() {
            let (labels, n) = ([("client", &**value)], n + 1);
            metrics
                .increment_by("etsy_requests_total", n, &labels)
                .await?;
            metrics
                .set_gauge(
                    "etsy_temperature_celsius",
                    0.25 - n as f64 * part as f64,
                    &labels,
                )
                .await?;
            // In each flush one observation for a bucket: the daemon adds up lines, whatever their rates.
            let waited = [0.004, 0.3, 70.0].map(|seconds| seconds + n as f64 * 1e-5);
            for seconds in waited {
                metrics
                    .observe_histogram("etsy_wait_seconds", seconds, &labels)
                    .await?;
            }
            for _ in 0..n * 7 {
                metrics
                    .observe_histogram("etsy_busy_seconds", 0.2, &labels)
                    .await?;
            }
            metrics
                .increment_by("etsy_bytes_total", u64::MAX >> (12 + n % 40), &labels)
                .await?;
        }
        Ok(())
    })
}

fn totals_are_ours(dialect: StatsdDialect, transport: StatsdTransport, values: &[String]) {
    let Some(mut daemon) = Daemon::start(free_address()) else {
        return;
    };
    let metrics = daemon.metrics(|config| {
        config.dialect = dialect;
        config.transport = transport;
        // Two lines of a negative gauge with the longest value, each of its bytes as three, are one packet.
        config.max_packet_bytes = Some(8192);
        config.histogram_type = Some(instrumetrics::StatsdHistogramType::Timing);
    });
    for part in [0, 1, 2] {
        record(&metrics, values, part).unwrap();
        wait(metrics.export()).unwrap();
        // Into a flush of its own, and no larger burst than the daemon's socket takes.
        std::thread::sleep(Duration::from_millis(300));
    }
    wait(metrics.increment("etsy_last", &[])).unwrap();
    wait(metrics.export()).unwrap();
    let totals = daemon.wait("live.etsy_last", 1.0);
    let snapshot = metrics.snapshot();
    let mut compared = BTreeMap::new();
    for family in snapshot
        .families()
        .filter(|family| family.name.starts_with("etsy_"))
    {
        for series in &family.series {
            let key = key(&family.name, &series.labels, dialect);
            let theirs = |kind: &str| {
                let value = &totals[kind][&key];
                value
                    .as_f64()
                    .unwrap_or_else(|| panic!("no {kind} of {key}"))
            };
            *compared.entry(family.name.clone()).or_insert(0) += 1;
            match &series.value {
                Value::Count(count) => assert_eq!(theirs("counters"), *count as f64, "{key}"),
                Value::Gauge(value) => assert_eq!(theirs("gauges"), *value, "{key}"),
                Value::Histogram(histogram) => {
                    assert_eq!(theirs("counts"), histogram.count() as f64, "{key}");
                    if family.name == "etsy_wait_seconds" {
                        let (theirs, ours) = (theirs("sums"), histogram.sum() * 1000.0);
                        assert!(
                            (theirs - ours).abs() <= ours * 1e-12,
                            "{key}: {theirs} {ours}"
                        );
                    }
                }
                _ => {}
            }
        }
    }
    assert_eq!(
        compared.values().sum::<usize>(),
        5 * values.len() + 1,
        "{compared:?}"
    );
    // Not one of all our lines was refused, those of the other tests' metrics included.
    assert_eq!(totals["counters"]["statsd.bad_lines_seen"], 0.0);
}

#[test]
fn plain_lines_by_udp_add_up_to_our_own_totals() {
    totals_are_ours(
        StatsdDialect::Plain,
        StatsdTransport::Udp,
        &hostile_values(),
    );
}

#[test]
fn tagged_lines_by_tcp_add_up_to_our_own_totals() {
    totals_are_ours(
        StatsdDialect::Graphite,
        StatsdTransport::Tcp,
        &hostile_values(),
    );
}

#[test]
fn dogstatsd_lines_by_tcp_add_up_to_our_own_totals() {
    // The daemon takes letters of other scripts and slashes out of tags, so series that have them cannot be told
    // apart there; Datadog's agent cannot be had for tests.
    let mut values = hostile_values();
    values.retain(|value| value.bytes().all(|byte| byte.is_ascii() && byte != b'/'));
    totals_are_ours(StatsdDialect::DogStatsd, StatsdTransport::Tcp, &values);
}

#[cfg(unix)]
#[test]
fn a_daemon_that_is_stopped_killed_and_started_again_loses_nothing_that_waited() {
    let Some(mut daemon) = Daemon::start(free_address()) else {
        return;
    };
    let address = daemon.address;
    let metrics = daemon.metrics(|config| config.transport = StatsdTransport::Tcp);
    let add = |n: u32| wait(metrics.increment_by("etsy_survivors", n, &[])).unwrap();
    add(1);
    wait(metrics.export()).unwrap();
    daemon.wait("live.etsy_survivors", 1.0);
    // Stopped, it has a queue in the operating system.
    daemon.process.signal("STOP");
    add(2);
    wait(metrics.export()).unwrap();
    let begin = Instant::now();
    add(4);
    assert!(begin.elapsed() < Duration::from_millis(100));
    daemon.process.signal("CONT");
    wait(metrics.export()).unwrap();
    daemon.wait("live.etsy_survivors", 7.0);
    drop(daemon);
    add(8);
    assert_eq!(wait(metrics.export()).unwrap_err().error_type(), "io");
    add(16);
    let mut daemon = Daemon::start(address).unwrap();
    wait(metrics.export()).unwrap();
    daemon.wait("live.etsy_survivors", 24.0);
}
