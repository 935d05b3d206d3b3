//! A scrape of 10,000 counters with two labels and 1,000 histograms of eleven buckets.

use crate::allocations;
use crate::contender::{Side, median};
use crate::peers::{BOUNDS, METRICS, PROMETHEUS};
use crate::turns::time;
use instrumetrics::__private::JsonText;
use instrumetrics::{Format, MetricsError, PrometheusExporter};
use prometheus::{
    HistogramVec, IntCounterVec, TextEncoder, register_histogram_vec_with_registry,
    register_int_counter_vec_with_registry,
};
use std::sync::{Barrier, LazyLock};

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

static COUNTER: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec_with_registry!(
        "bench_scraped_requests_total",
        "Requests by endpoint and client.",
        &["endpoint", "client"],
        PROMETHEUS
    )
    .expect("new")
});

static HISTOGRAM: LazyLock<HistogramVec> = LazyLock::new(|| {
    register_histogram_vec_with_registry!(
        "bench_scraped_request_duration_seconds",
        "Time to answer by endpoint and client.",
        &["endpoint", "client"],
        BOUNDS.to_vec(),
        PROMETHEUS
    )
    .expect("new")
});

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

/// Records into every series of the peers, as often as ours are recorded into by so many threads.
fn touch_peers() {
    for i in 0..COUNTERS {
        let (endpoint, client) = labels(i);
        COUNTER
            .with_label_values(&[&endpoint, &client])
            .inc_by(i * 7);
        metrics::counter!(
            "bench_scraped_requests_total",
            "endpoint" => endpoint,
            "client" => client
        )
        .increment(i * 7);
    }
    for i in 0..HISTOGRAMS {
        let (endpoint, client) = labels(i);
        let histogram = HISTOGRAM.with_label_values(&[&endpoint, &client]);
        let handle = metrics::histogram!(
            "bench_scraped_request_duration_seconds",
            "endpoint" => endpoint,
            "client" => client
        );
        for n in 0..20_u32 {
            histogram.observe(0.003 * f64::from(n * n));
            handle.record(0.003 * f64::from(n * n));
        }
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

struct Scraper {
    name: &'static str,
    side: Side,
    write: Write,
}

fn scrapers() -> Result<Vec<Scraper>, MetricsError> {
    let exporter: PrometheusExporter = instrumetrics::create_prometheus_exporter()?;
    Ok(vec![
        Scraper {
            name: "instrumetrics, encode_into",
            side: Side::Ours,
            write: Box::new(move |out| {
                let mut text = String::from_utf8(std::mem::take(out)).expect("left empty");
                exporter.encode_into(&mut text, Format::Text);
                *out = text.into_bytes();
            }),
        },
        Scraper {
            name: "prometheus, TextEncoder",
            side: Side::Peer,
            write: Box::new(|out| {
                let mut text = String::from_utf8(std::mem::take(out)).expect("left empty");
                TextEncoder::new()
                    .encode_utf8(&PROMETHEUS.gather(), &mut text)
                    .expect("a string takes everything");
                *out = text.into_bytes();
            }),
        },
        Scraper {
            name: "metrics-exporter-prometheus, render_to_write",
            side: Side::Peer,
            write: Box::new(|out| {
                METRICS
                    .render_to_write(out)
                    .expect("a vector takes everything");
            }),
        },
    ])
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
            sum += line
                .rsplit_once(' ')
                .and_then(|(_, value)| value.parse::<u64>().ok())
                .expect("a counter's sample is a whole number");
        }
    }
    (sum, samples)
}

/// Scrapes for so many rounds, once with the counts on one page and once spread over eight.
///
/// # Errors
///
/// When the exporter cannot be made.
///
/// # Panics
///
/// When a text lacks a sample or a count.
pub fn run(rounds: usize) -> Result<Vec<ScrapeFigures>, MetricsError> {
    touch();
    touch_peers();
    let mut scrapers = scrapers()?;
    let mut json = JsonText::default();
    let mut figures = rounds_of("scrape/1_page", &mut scrapers, rounds, 1);
    figures.push(json_of("json/1_page", &mut json, rounds, 1));
    // The main thread keeps its page; the pool has eight.
    touch_from(7);
    figures.extend(rounds_of("scrape/8_pages", &mut scrapers, rounds, 8));
    figures.push(json_of("json/8_pages", &mut json, rounds, 8));
    Ok(figures)
}

/// The same metrics as one JSON file, without the file: no peer writes one.
fn json_of(row: &'static str, json: &mut JsonText, rounds: usize, pages: u64) -> ScrapeFigures {
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
    assert_eq!(sum, COUNTERS * (COUNTERS - 1) / 2 * 7 * pages);
    let histograms = series("bench_scraped_request_duration_seconds");
    assert!(histograms.iter().all(|x| x["count"] == 20 * pages));
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
    pages: u64,
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
                Side::Ours => counted * pages,
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
