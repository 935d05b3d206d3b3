//! The first call of a process, which registers, and the first of a further thread.

use super::Section;
use crate::child;
use crate::contender::median;
use crate::peers::{BOUNDS, PROMETHEUS};
use crate::turns::time;
use instrumetrics::timed;
use prometheus::{
    Histogram, IntCounter, IntCounterVec, register_histogram_with_registry,
    register_int_counter_vec_with_registry, register_int_counter_with_registry,
};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use std::error::Error;
use std::hint::black_box;
use std::sync::LazyLock;

/// What is measured with.
#[instrumetrics::metrics(namespace = "bench")]
mod telemetry {
    use instrumetrics::Counter;

    /// Without labels.
    pub fn first_total() -> Counter;

    /// By two strings.
    pub fn first_strings_total(endpoint: &str, client: &str) -> Counter;
}

#[timed("bench_first_seconds")]
#[inline(never)]
fn attributed() {}

static COUNTER: LazyLock<IntCounter> = LazyLock::new(|| {
    register_int_counter_with_registry!("bench_first_total", "First.", PROMETHEUS).expect("new")
});

static STRINGS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec_with_registry!(
        "bench_first_strings_total",
        "First.",
        &["endpoint", "client"],
        PROMETHEUS
    )
    .expect("new")
});

static HISTOGRAM: LazyLock<Histogram> = LazyLock::new(|| {
    register_histogram_with_registry!("bench_first_seconds", "First.", BOUNDS.to_vec(), PROMETHEUS)
        .expect("new")
});

static FAMILY: LazyLock<Family<Vec<(String, String)>, Counter>> = LazyLock::new(Family::default);

const CALLS: [(&str, fn()); 8] = [
    ("instrumetrics, declared call", || {
        telemetry::first_total().inc();
    }),
    ("prometheus, IntCounter", || COUNTER.inc()),
    ("metrics, counter!", || {
        metrics::counter!("bench_first_total").increment(1);
    }),
    ("instrumetrics, declared call, 2 strings", || {
        telemetry::first_strings_total(black_box("/"), black_box("curl")).inc();
    }),
    ("prometheus, with_label_values, 2 strings", || {
        STRINGS.with_label_values(&[black_box("/"), "curl"]).inc();
    }),
    ("prometheus-client, Family, 2 strings", || {
        let labels = vec![
            ("endpoint".to_owned(), black_box("/").to_owned()),
            ("client".to_owned(), "curl".to_owned()),
        ];
        FAMILY.get_or_create(&labels).inc();
    }),
    ("instrumetrics, #[timed]", attributed),
    ("prometheus, timer by hand", || {
        HISTOGRAM.start_timer().observe_duration();
    }),
];

pub(super) fn measure(name: &str, rounds: usize) -> Result<Section, Box<dyn Error>> {
    let mut section = Section::new(
        name,
        "Microseconds of a call: the first of the process, the second, and the first of another thread",
        ["first", "second", "first of a thread"],
    );
    for (place, (who, _)) in CALLS.iter().enumerate() {
        let mut samples = [const { Vec::new() }; 3];
        for _ in 0..rounds {
            let answer = child::ask("extra", &format!("first {place}"))?;
            for (place, samples) in samples.iter_mut().enumerate() {
                samples.extend(answer[place].as_f64());
            }
        }
        section.row(who, samples.map(median));
    }
    Ok(section)
}

/// Microseconds of the calls of one contender in this process; `place` is its place in the list.
pub(super) fn once(place: &str) -> Result<Vec<f64>, Box<dyn Error>> {
    let (_, call) = CALLS.get(place.parse::<usize>()?).ok_or("no such call")?;
    let microseconds = || time(call).as_secs_f64() * 1e6;
    // The clock's own first reading is not part of it.
    time(|| ());
    let (first, second) = (microseconds(), microseconds());
    let other = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                time(|| ());
                microseconds()
            })
            .join()
    });
    Ok(vec![first, second, other.map_err(|_| "it panicked")?])
}
