//! A scrape of 10,000 counters with two labels and 1,000 histograms of eleven buckets.

use crate::allocations;
use crate::contender::{Side, median};
use crate::peers::{self, BOUNDS};
use crate::threads::pinned;
use crate::turns::time;
use crate::work;
use instrumetrics::__private::JsonText;
use instrumetrics::{Format, MetricsError, PrometheusExporter};
use metrics_exporter_prometheus::PrometheusBuilder;
use prometheus::{
    Registry, TextEncoder, register_histogram_vec_with_registry,
    register_int_counter_vec_with_registry,
};
use std::sync::Barrier;

const COUNTERS: u64 = 10_000;
const HISTOGRAMS: u64 = 1_000;

/// What is scraped.
#[instrumetrics::metrics(namespace = "bench")]
mod telemetry {
    use instrumetrics::{Counter, Histogram};

    /// Requests by endpoint and client.
    #[metric(max_series = 10000)]
    pub fn scraped_requests_total(endpoint: &str, client: &str) -> Counter;

    /// Time to answer by endpoint and client.
    #[metric(max_series = 1000)]
    pub fn scraped_request_duration_seconds(endpoint: &str, client: &str) -> Histogram;
}

fn labels(i: u64) -> (String, String) {
    (
        format!("/api/v1/resource/{}", i / 100),
        format!("tenant-{:04}", i % 100),
    )
}

/// Records into every series of ours.
fn touch() {
    for i in 0..COUNTERS {
        let (endpoint, client) = labels(i);
        telemetry::scraped_requests_total(&endpoint, &client).inc_by(i * 7);
    }
    for i in 0..HISTOGRAMS {
        let (endpoint, client) = labels(i);
        let histogram = telemetry::scraped_request_duration_seconds(&endpoint, &client);
        (0..20_u32).for_each(|n| histogram.observe(0.003 * f64::from(n * n)));
    }
}

/// Lets a peer record into every series, as often as one thread records into ours.
pub(crate) fn fill(count: impl Fn(&str, &str, u64), observe: impl Fn(&str, &str, f64)) {
    for i in 0..COUNTERS {
        let (endpoint, client) = labels(i);
        count(&endpoint, &client, i * 7);
    }
    for i in 0..HISTOGRAMS {
        let (endpoint, client) = labels(i);
        (0..20_u32).for_each(|n| observe(&endpoint, &client, 0.003 * f64::from(n * n)));
    }
}

/// Records into every series of ours from so many threads that live at the same time, each on a page of
/// its own.
fn touch_from(threads: usize) {
    let barrier = Barrier::new(threads);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                touch();
                barrier.wait();
            });
        }
    });
}

/// The median figures of a scrape.
#[derive(Clone, Debug)]
pub struct ScrapeFigures {
    /// The row.
    pub row: &'static str,
    /// The contender's name.
    pub name: &'static str,
    /// Whose code it is.
    pub side: Side,
    /// Milliseconds for one scrape.
    pub ms: f64,
    /// How long the text is.
    pub bytes: usize,
    /// Allocations of one scrape.
    pub allocations: u64,
}

impl ScrapeFigures {
    /// Gigabytes per second.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    pub fn gigabytes_per_second(&self) -> f64 {
        self.bytes as f64 / self.ms / 1e6
    }
}

/// Appends a scrape to a buffer that is used again.
type Write = Box<dyn FnMut(&mut Vec<u8>)>;

/// A way to scrape what was recorded with it.
pub(crate) struct Scraper {
    name: &'static str,
    side: Side,
    write: Write,
}

impl Scraper {
    /// A peer that writes bytes.
    pub(crate) fn new(name: &'static str, write: impl FnMut(&mut Vec<u8>) + 'static) -> Self {
        Self {
            name,
            side: Side::Peer,
            write: Box::new(write),
        }
    }

    /// A peer that writes text.
    pub(crate) fn text(name: &'static str, mut write: impl FnMut(&mut String) + 'static) -> Self {
        Self::new(name, move |out| {
            let mut text = String::from_utf8(std::mem::take(out)).expect("left empty");
            write(&mut text);
            *out = text.into_bytes();
        })
    }
}

fn ours() -> Result<Scraper, MetricsError> {
    let exporter: PrometheusExporter = instrumetrics::create_prometheus_exporter()?;
    let write = move |out: &mut String| exporter.encode_into(out, Format::Text);
    Ok(Scraper {
        side: Side::Ours,
        ..Scraper::text("instrumetrics, encode_into", write)
    })
}

fn prometheus() -> Scraper {
    let registry = Registry::new();
    let counters = register_int_counter_vec_with_registry!(
        "bench_scraped_requests_total",
        "Requests by endpoint and client.",
        &["endpoint", "client"],
        registry
    )
    .expect("new");
    let histograms = register_histogram_vec_with_registry!(
        "bench_scraped_request_duration_seconds",
        "Time to answer by endpoint and client.",
        &["endpoint", "client"],
        BOUNDS.to_vec(),
        registry
    )
    .expect("new");
    fill(
        |endpoint, client, n| counters.with_label_values(&[endpoint, client]).inc_by(n),
        |endpoint, client, x| histograms.with_label_values(&[endpoint, client]).observe(x),
    );
    Scraper::text("prometheus, TextEncoder", move |out| {
        TextEncoder::new()
            .encode_utf8(&registry.gather(), out)
            .expect("a string takes everything");
    })
}

/// With a recorder of its own, so that the rows of the facade need not write all this to be checked.
fn metrics_facade() -> Scraper {
    let recorder = PrometheusBuilder::new()
        .set_buckets(&BOUNDS)
        .expect("there are some")
        .build_recorder();
    metrics::with_local_recorder(&recorder, || {
        fill(
            |endpoint, client, n| {
                metrics::counter!(
                    "bench_scraped_requests_total",
                    "endpoint" => endpoint.to_owned(),
                    "client" => client.to_owned()
                )
                .increment(n);
            },
            |endpoint, client, x| {
                metrics::histogram!(
                    "bench_scraped_request_duration_seconds",
                    "endpoint" => endpoint.to_owned(),
                    "client" => client.to_owned()
                )
                .record(x);
            },
        );
    });
    let handle = recorder.handle();
    Scraper::new("metrics-exporter-prometheus, render_to_write", move |out| {
        handle
            .render_to_write(out)
            .expect("a vector takes everything");
    })
}

/// The sum of the scraped counters and the number of samples of both families, so that nobody wins by
/// leaving something out.
fn summary(text: &[u8]) -> (u64, usize) {
    let text = std::str::from_utf8(text).expect("exposition text is UTF-8");
    let mut sum = 0;
    let mut samples = 0;
    for line in text
        .lines()
        .filter(|line| line.starts_with("bench_scraped_"))
    {
        samples += 1;
        if line.starts_with("bench_scraped_requests_total{") {
            sum += work::total_in(line, "bench_scraped_requests_total");
        }
    }
    (sum, samples)
}

/// Scrapes for so many rounds, with the counts on one page, spread over eight, and after 64 threads at once have
/// recorded. (There are at most eight pages, or two for each core; further threads share some.)
///
/// # Errors
///
/// When the exporter cannot be made.
///
/// # Panics
///
/// When a text lacks a sample or a count.
pub fn run(
    wanted: impl Fn(&str) -> bool + Sync,
    rounds: usize,
) -> Result<Vec<ScrapeFigures>, MetricsError> {
    // Threads that record besides this one, which keeps its page.
    const STAGES: [Stage; 3] = [
        ("scrape/1_page", "json/1_page", 0),
        ("scrape/8_pages", "json/8_pages", 7),
        ("scrape/64_threads", "json/64_threads", 56),
    ];
    if !STAGES
        .iter()
        .any(|(row, json, _)| wanted(row) || wanted(json))
    {
        return Ok(Vec::new());
    }
    pinned(|| stages(&STAGES, &wanted, rounds))
}

/// Two rows, and the threads that record before them.
type Stage = (&'static str, &'static str, usize);

fn stages(
    stages: &[Stage],
    wanted: &(impl Fn(&str) -> bool + Sync),
    rounds: usize,
) -> Result<Vec<ScrapeFigures>, MetricsError> {
    touch();
    let mut scrapers = vec![ours()?, prometheus(), metrics_facade()];
    scrapers.extend(peers::scrapers());
    let mut touched = 1;
    let mut figures = Vec::new();
    let mut json = JsonText::default();
    for &(row, json_row, threads) in stages {
        touch_from(threads);
        touched += threads as u64;
        if wanted(row) {
            figures.extend(rounds_of(row, &mut scrapers, rounds, touched));
        }
        if wanted(json_row) {
            figures.push(json_of(json_row, &mut json, rounds, touched));
        }
    }
    Ok(figures)
}

/// The same metrics as one JSON file, without the file: no peer writes one.
fn json_of(row: &'static str, json: &mut JsonText, rounds: usize, touched: u64) -> ScrapeFigures {
    let mut times = Vec::with_capacity(rounds);
    let mut last = (0, 0);
    for _ in 0..rounds {
        let before = allocations::of_this_thread();
        let mut bytes = 0;
        let took = time(|| bytes = json.write().len());
        last = (bytes, allocations::of_this_thread() - before);
        times.push(took.as_secs_f64() * 1e3);
    }
    let read: serde_json::Value = serde_json::from_str(json.write()).expect("JSON");
    let series = |name: &str| {
        let series = read["metrics"][name]["series"].as_array();
        series.expect("all metrics are there").clone()
    };
    let counters = series("bench_scraped_requests_total");
    let sum: u64 = counters.iter().filter_map(|x| x["value"].as_u64()).sum();
    assert_eq!(sum, COUNTERS * (COUNTERS - 1) / 2 * 7 * touched);
    let histograms = series("bench_scraped_request_duration_seconds");
    assert!(histograms.iter().all(|x| x["count"] == 20 * touched));
    assert_eq!((counters.len(), histograms.len()), (10_000, 1_000));
    ScrapeFigures {
        row,
        name: "instrumetrics, a JSON file's text",
        side: Side::Ours,
        ms: median(times),
        bytes: last.0,
        allocations: last.1,
    }
}

fn rounds_of(
    row: &'static str,
    scrapers: &mut [Scraper],
    rounds: usize,
    touched: u64,
) -> Vec<ScrapeFigures> {
    let counted = COUNTERS * (COUNTERS - 1) / 2 * 7;
    // Eleven buckets, the one up to infinity, sum and count.
    let samples = usize::try_from(COUNTERS + HISTOGRAMS * 14).expect("a small number");
    let mut out = Vec::new();
    let mut times = vec![Vec::with_capacity(rounds); scrapers.len()];
    let mut last = vec![(0, 0); scrapers.len()];
    for _ in 0..rounds {
        for ((scraper, times), last) in scrapers.iter_mut().zip(&mut times).zip(&mut last) {
            out.clear();
            let before = allocations::of_this_thread();
            let took = time(|| (scraper.write)(&mut out));
            *last = (out.len(), allocations::of_this_thread() - before);
            times.push(took.as_secs_f64() * 1e3);
            let expected = match scraper.side {
                Side::Ours => counted * touched,
                Side::Peer | Side::Reference => counted,
            };
            assert_eq!(summary(&out), (expected, samples), "{}", scraper.name);
        }
    }
    scrapers
        .iter()
        .zip(times)
        .zip(last)
        .map(|((scraper, times), (bytes, allocations))| ScrapeFigures {
            row,
            name: scraper.name,
            side: scraper.side,
            ms: median(times),
            bytes,
            allocations,
        })
        .collect()
}
