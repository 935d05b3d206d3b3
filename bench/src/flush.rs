//! A flush of 10,000 counters with two labels and 1,000 histograms, all of which changed, to a StatsD server.

use crate::allocations;
use crate::contender::{Side, median};
use crate::scrape::ScrapeFigures;
use instrumetrics::{Gauge, Metrics, MetricsError, StatsdConfig, StatsdExporter};
use std::io::Read;
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

const COUNTERS: u64 = 10_000;
const HISTOGRAMS: u64 = 1_000;

/// What is flushed.
#[instrumetrics::metrics(namespace = "bench")]
mod telemetry {
    use instrumetrics::{Counter, Gauge, Histogram};

    /// Requests by endpoint and client.
    #[metric(max_series = 10000)]
    pub fn flushed_requests_total(endpoint: &str, client: &str) -> Counter;

    /// Time to answer by endpoint and client.
    #[metric(max_series = 1000)]
    pub fn flushed_request_duration_seconds(endpoint: &str, client: &str) -> Histogram;

    /// Read once a flush, on the thread that flushes.
    pub fn flush_watch() -> Gauge;
}

/// What the flushing thread had used when its flush read our gauge.
#[derive(Debug, Default)]
struct Watch {
    nanoseconds: AtomicU64,
    allocations: AtomicU64,
}

impl Watch {
    fn set_up(self: &Arc<Self>, gauge: &Gauge) {
        let watch = Arc::clone(self);
        gauge.observe_with(move || {
            watch.nanoseconds.store(thread_nanoseconds(), SeqCst);
            watch
                .allocations
                .store(allocations::of_this_thread(), SeqCst);
            1
        });
    }
}

/// The processor time of this thread, without allocating; zero where the system does not tell.
fn thread_nanoseconds() -> u64 {
    let mut text = [0; 64];
    let length = std::fs::File::open("/proc/thread-self/schedstat")
        .and_then(|mut file| file.read(&mut text))
        .unwrap_or(0);
    std::str::from_utf8(&text[..length])
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok())
        .unwrap_or(0)
}

fn touch(labels: &[(String, String)], round: u64) {
    for (endpoint, client) in labels {
        telemetry::flushed_requests_total(endpoint, client).inc_by(round % 7 + 1);
    }
    let histograms = usize::try_from(HISTOGRAMS).expect("a small number");
    for (endpoint, client) in &labels[..histograms] {
        let histogram = telemetry::flushed_request_duration_seconds(endpoint, client);
        (0..3_u32).for_each(|n| histogram.observe(0.03 * f64::from(n + 1)));
    }
}

/// Flushes for so many rounds.
///
/// # Errors
///
/// When the exporter cannot be made, or cannot send.
///
/// # Panics
///
/// When there is no loopback interface.
pub fn run(rounds: usize) -> Result<Vec<ScrapeFigures>, MetricsError> {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a loopback interface");
    let port = socket.local_addr().expect("bound").port();
    socket
        .set_read_timeout(Some(Duration::from_millis(50)))
        .expect("not zero");
    let bytes = Arc::new(AtomicU64::new(0));
    let done = Arc::new(AtomicBool::new(false));
    let reader = std::thread::spawn({
        let (bytes, done) = (Arc::clone(&bytes), Arc::clone(&done));
        move || {
            let mut buffer = [0; 9000];
            while !done.load(SeqCst) {
                if let Ok(length) = socket.recv(&mut buffer) {
                    bytes.fetch_add(length as u64, SeqCst);
                }
            }
        }
    });
    let watch = Arc::new(Watch::default());
    watch.set_up(&telemetry::flush_watch());
    let metrics = Metrics::new(StatsdExporter::new(StatsdConfig {
        host: "127.0.0.1".to_owned(),
        port,
        interval: Duration::from_hours(1),
        ..StatsdConfig::default()
    })?);
    let labels: Vec<(String, String)> = (0..COUNTERS)
        .map(|i| {
            (
                format!("/api/v1/resource/{}", i / 100),
                format!("tenant-{:04}", i % 100),
            )
        })
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without drivers");
    let mut times = Vec::new();
    let mut allocated = Vec::new();
    let mut sent = Vec::new();
    for round in 0..rounds as u64 + 4 {
        touch(&labels, round);
        let before = (
            watch.nanoseconds.load(SeqCst),
            watch.allocations.load(SeqCst),
            bytes.load(SeqCst),
        );
        runtime.block_on(metrics.export())?;
        // From the gauge's reading in one flush to that in the next is one flush and no more.
        if round >= 4 {
            times.push(real(watch.nanoseconds.load(SeqCst) - before.0) / 1e6);
            allocated.push(real(watch.allocations.load(SeqCst) - before.1));
            sent.push(real(bytes.load(SeqCst) - before.2));
        }
    }
    done.store(true, SeqCst);
    drop(reader.join());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole and small"
    )]
    Ok(vec![ScrapeFigures {
        row: "flush/statsd",
        name: "instrumetrics, processor time of the exporter's thread",
        side: Side::Ours,
        ms: median(times),
        bytes: median(sent) as usize,
        allocations: median(allocated) as u64,
    }])
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn real(n: u64) -> f64 {
    n as f64
}
