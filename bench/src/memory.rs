//! What many series cost: memory for each, and the time to make and to scrape them.
//!
//! Each figure comes from a process of its own, so that nothing else has shaped its heap.

use crate::allocations;
use crate::child;
use crate::contender::{Side, median};
use crate::peers::BOUNDS;
use crate::turns::time;
use instrumetrics::{Format, Metrics, MetricsResourceConfig, create_prometheus_exporter};
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder};
use serde_json::{Value, json};
use std::error::Error;
use std::time::Duration;

/// The figures of one case.
#[derive(Clone, Debug)]
pub struct MemoryFigures {
    /// The row.
    pub row: &'static str,
    /// The contender's name.
    pub name: &'static str,
    /// Whose code it is.
    pub side: Side,
    /// How many series were made.
    pub series: u64,
    /// Bytes that were allocated and not given back, for each series.
    pub heap: f64,
    /// Bytes by which the resident memory of the process grew, for each series.
    pub resident: f64,
    /// Nanoseconds to make each series, the names and labels made before.
    pub create_ns: f64,
    /// Nanoseconds to record into each series again, in the same order.
    pub again_ns: f64,
    /// Milliseconds of the first scrape.
    pub first_scrape_ms: f64,
    /// Milliseconds of a later one.
    pub scrape_ms: f64,
    /// How long the text is.
    pub bytes: u64,
}

/// A name with its labels.
struct Item {
    name: String,
    labels: Vec<(String, String)>,
}

#[derive(Clone, Copy)]
enum Kind {
    Counter,
    Histogram,
}

struct Case {
    row: &'static str,
    name: &'static str,
    side: Side,
    kind: Kind,
    items: fn() -> Vec<Item>,
}

const CASES: [Case; 6] = [
    case(WIDE, Side::Ours, Kind::Counter, wide),
    case(WIDE, Side::Peer, Kind::Counter, wide),
    case(COUNTERS, Side::Ours, Kind::Counter, counters),
    case(COUNTERS, Side::Peer, Kind::Counter, counters),
    case(HISTOGRAMS, Side::Ours, Kind::Histogram, histograms),
    case(HISTOGRAMS, Side::Peer, Kind::Histogram, histograms),
];

const WIDE: &str = "memory/5000_metrics_32_labels";
const COUNTERS: &str = "memory/500000_counters";
const HISTOGRAMS: &str = "memory/10000_histograms";

const fn case(row: &'static str, side: Side, kind: Kind, items: fn() -> Vec<Item>) -> Case {
    let name = match side {
        Side::Ours => "instrumetrics, by name",
        Side::Peer | Side::Reference => "prometheus, with_label_values",
    };
    Case {
        row,
        name,
        side,
        kind,
        items,
    }
}

/// 5,000 metrics with 32 labels each.
fn wide() -> Vec<Item> {
    let labels = |metric: usize| {
        (0..32)
            .map(|n| (format!("label_{n:02}"), format!("value-{}", metric + n)))
            .collect()
    };
    (0..5_000)
        .map(|metric| Item {
            name: format!("bench_wide_{metric:04}_total"),
            labels: labels(metric),
        })
        .collect()
}

fn pairs(name: &str, endpoints: usize, clients: usize) -> Vec<Item> {
    let each = |n: usize| Item {
        name: name.to_owned(),
        labels: vec![
            (
                "endpoint".to_owned(),
                format!("/api/v1/resource/{}", n / clients),
            ),
            ("client".to_owned(), format!("tenant-{:04}", n % clients)),
        ],
    };
    (0..endpoints * clients).map(each).collect()
}

/// One counter with two labels.
fn counters() -> Vec<Item> {
    pairs("bench_many_total", 500, 1_000)
}

/// One histogram of eleven buckets with two labels.
fn histograms() -> Vec<Item> {
    pairs("bench_many_seconds", 100, 100)
}

type Record = Box<dyn Fn(&Item)>;
type Scrape = Box<dyn FnMut(&mut String)>;

/// How a case records an item, and how it is scraped.
fn ours(kind: Kind) -> Result<(Record, Scrape), Box<dyn Error>> {
    let exporter = create_prometheus_exporter()?;
    let metrics = Metrics::builder()
        .exporter(exporter.clone())
        .resource_config(MetricsResourceConfig {
            max_metrics: 5_000,
            max_label_combinations: 500_000,
            max_labels_per_metric: 32,
            ..MetricsResourceConfig::default()
        })
        .build();
    let record: Record = Box::new(move |item| {
        let mut labels = [("", ""); 32];
        for (slot, (name, value)) in labels.iter_mut().zip(&item.labels) {
            *slot = (name, value);
        }
        let labels = &labels[..item.labels.len()];
        drop(match kind {
            Kind::Counter => metrics.increment(&item.name, labels),
            Kind::Histogram => metrics.observe_histogram(&item.name, 0.3, labels),
        });
    });
    let scrape: Scrape = Box::new(move |out| exporter.encode_into(out, Format::Text));
    Ok((record, scrape))
}

enum Vector {
    Counter(IntCounterVec),
    Histogram(HistogramVec),
}

/// As its documentation recommends: a vector per metric, made before.
fn prometheus(kind: Kind, items: &[Item]) -> Result<(Record, Scrape), Box<dyn Error>> {
    let registry = Registry::new();
    let mut vectors = std::collections::HashMap::new();
    for item in items {
        if vectors.contains_key(&item.name) {
            continue;
        }
        let names: Vec<&str> = item.labels.iter().map(|(name, _)| &**name).collect();
        let vector = match kind {
            Kind::Counter => {
                let counters = IntCounterVec::new(Opts::new(&item.name, "Many."), &names)?;
                registry.register(Box::new(counters.clone()))?;
                Vector::Counter(counters)
            }
            Kind::Histogram => {
                let options = HistogramOpts::new(&item.name, "Many.").buckets(BOUNDS.to_vec());
                let histograms = HistogramVec::new(options, &names)?;
                registry.register(Box::new(histograms.clone()))?;
                Vector::Histogram(histograms)
            }
        };
        vectors.insert(item.name.clone(), vector);
    }
    let record: Record = Box::new(move |item| {
        let mut values = [""; 32];
        for (slot, (_, value)) in values.iter_mut().zip(&item.labels) {
            *slot = value;
        }
        let values = &values[..item.labels.len()];
        match &vectors[&item.name] {
            Vector::Counter(counters) => counters.with_label_values(values).inc(),
            Vector::Histogram(histograms) => histograms.with_label_values(values).observe(0.3),
        }
    });
    let scrape: Scrape = Box::new(move |out| {
        TextEncoder::new()
            .encode_utf8(&registry.gather(), out)
            .expect("a string takes everything");
    });
    Ok((record, scrape))
}

/// Resident bytes of this process.
fn resident() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kilobytes.ok_or("no VmRSS")?.trim().parse::<u64>()? * 1024)
}

/// Measures the case with this place in the list, in this process.
///
/// # Errors
///
/// When there is no such case, or it cannot be measured here.
///
/// # Panics
///
/// When a text lacks a series.
pub fn measure(case: &str) -> Result<Value, Box<dyn Error>> {
    let case = CASES.get(case.parse::<usize>()?).ok_or("no such case")?;
    let items = (case.items)();
    let heap = allocations::held_by_this_thread();
    let resident_before = resident()?;
    let mut scraped = None;
    let create = time(|| {
        let made = match case.side {
            Side::Ours => ours(case.kind),
            Side::Peer | Side::Reference => prometheus(case.kind, &items),
        };
        scraped = Some(made.inspect(|(record, _)| items.iter().for_each(record)));
    });
    let (record, mut scrape) = scraped.ok_or("not made")??;
    let heap = allocations::held_by_this_thread() - heap;
    let resident = resident()?.saturating_sub(resident_before);
    let again = time(|| items.iter().for_each(&record));
    let mut out = String::new();
    let first = time(|| scrape(&mut out));
    let samples = match case.kind {
        Kind::Counter => 1,
        Kind::Histogram => 14,
    };
    let begin = ["bench_wide_", "bench_many_"];
    let lines = out.lines();
    let lines = lines.filter(|line| begin.iter().any(|begin| line.starts_with(begin)));
    assert_eq!(lines.count(), items.len() * samples, "{}", case.name);
    let later = (0..5).map(|_| {
        out.clear();
        time(|| scrape(&mut out)).as_secs_f64() * 1e3
    });
    let later = median(later.collect());
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let each = |n: f64| n / items.len() as f64;
    let nanoseconds = |took: Duration| each(took.as_secs_f64() * 1e9);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let (heap_each, resident_each) = (each(heap as f64), each(resident as f64));
    Ok(json!({
        "series": items.len(),
        "heap": heap_each,
        "resident": resident_each,
        "create_ns": nanoseconds(create),
        "again_ns": nanoseconds(again),
        "first_scrape_ms": first.as_secs_f64() * 1e3,
        "scrape_ms": later,
        "bytes": out.len(),
    }))
}

/// Measures the cases of the rows that are wanted, each in a process of its own.
///
/// # Errors
///
/// When a process cannot be started or does not say its figures.
pub fn run(wanted: impl Fn(&str) -> bool) -> Result<Vec<MemoryFigures>, Box<dyn Error>> {
    let cases = CASES.iter().enumerate();
    cases
        .filter(|(_, case)| wanted(case.row))
        .map(|(place, case)| {
            let figures = child::ask("memory", &place.to_string())?;
            let real = |key: &str| figures[key].as_f64().unwrap_or(f64::NAN);
            let whole = |key: &str| figures[key].as_u64().unwrap_or(0);
            Ok(MemoryFigures {
                row: case.row,
                name: case.name,
                side: case.side,
                series: whole("series"),
                heap: real("heap"),
                resident: real("resident"),
                create_ns: real("create_ns"),
                again_ns: real("again_ns"),
                first_scrape_ms: real("first_scrape_ms"),
                scrape_ms: real("scrape_ms"),
                bytes: whole("bytes"),
            })
        })
        .collect()
}
