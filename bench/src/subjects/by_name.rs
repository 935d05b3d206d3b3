//! Metrics by name, against the same metrics declared and against the peers.

use super::{PAIRS, SECONDS, at, barrier, counter, histogram, timed};
use crate::contender::{Contender, Side};
use crate::peers::PROMETHEUS;
use instrumetrics::{
    Metrics, create_metrics_with_null_exporter, create_metrics_with_prometheus_exporter,
};
use prometheus::{GaugeVec, register_gauge_vec_with_registry};
use std::hint::black_box;
use std::sync::LazyLock;

/// What is measured with, where it is declared.
#[instrumetrics::metrics(namespace = "bench")]
mod telemetry {
    use instrumetrics::Gauge;

    /// By two strings.
    pub fn strings_level(endpoint: &str, client: &str) -> Gauge;
}

static METRICS: LazyLock<Metrics> =
    LazyLock::new(|| create_metrics_with_prometheus_exporter().expect("the defaults are right"));

static LEVELS: LazyLock<GaugeVec> = LazyLock::new(|| {
    register_gauge_vec_with_registry!(
        "bench_strings_level",
        "By two strings.",
        &["endpoint", "client"],
        PROMETHEUS
    )
    .expect("new")
});

/// Adds one to a counter with two labels, 64 combinations in turn.
pub(super) fn increment() -> Vec<Contender> {
    const ROW: &str = "counter/by_name";
    const NAME: &str = "bench_named_total";
    let mut all = vec![
        Contender::new(ROW, "instrumetrics, increment", Side::Ours, |times| {
            let metrics = black_box(&*METRICS);
            let pairs = black_box(&*PAIRS);
            for turn in 0..times {
                let (endpoint, client) = at(pairs, turn);
                drop(metrics.increment(NAME, &[("endpoint", endpoint), ("client", client)]));
                barrier();
            }
        })
        .counted(|| {
            let value = |(endpoint, client): &(String, String)| {
                let labels = [("endpoint", &**endpoint), ("client", &**client)];
                METRICS.counter(NAME, &labels).value()
            };
            PAIRS.iter().map(value).sum()
        }),
    ];
    all.extend(counter::dynamic_on(ROW));
    all
}

/// Sets a gauge with two labels, 64 combinations in turn.
pub(super) fn set_gauge() -> Vec<Contender> {
    const ROW: &str = "gauge/by_name";
    vec![
        Contender::new(ROW, "instrumetrics, set_gauge", Side::Ours, |times| {
            let metrics = black_box(&*METRICS);
            let pairs = black_box(&*PAIRS);
            let values = black_box(&*SECONDS);
            for turn in 0..times {
                let (endpoint, client) = at(pairs, turn);
                let labels = [("endpoint", &**endpoint), ("client", &**client)];
                drop(metrics.set_gauge("bench_named_level", *at(values, turn), &labels));
                barrier();
            }
        }),
        Contender::new(ROW, "instrumetrics, declared call", Side::Ours, |times| {
            let pairs = black_box(&*PAIRS);
            let values = black_box(&*SECONDS);
            for turn in 0..times {
                let (endpoint, client) = at(pairs, turn);
                telemetry::strings_level(endpoint, client).set(*at(values, turn));
                barrier();
            }
        }),
        Contender::new(ROW, "prometheus, with_label_values", Side::Peer, |times| {
            let pairs = black_box(&*PAIRS);
            let values = black_box(&*SECONDS);
            for turn in 0..times {
                let (endpoint, client) = at(pairs, turn);
                LEVELS
                    .with_label_values(&[endpoint, client])
                    .set(*at(values, turn));
                barrier();
            }
        }),
    ]
}

/// Observes in a histogram with two labels, 64 combinations in turn.
pub(super) fn observe() -> Vec<Contender> {
    const ROW: &str = "histogram/by_name";
    const NAME: &str = "bench_named_seconds";
    let mut all = vec![
        Contender::new(
            ROW,
            "instrumetrics, observe_histogram",
            Side::Ours,
            |times| {
                let metrics = black_box(&*METRICS);
                let pairs = black_box(&*PAIRS);
                let values = black_box(&*SECONDS);
                for turn in 0..times {
                    let (endpoint, client) = at(pairs, turn);
                    let labels = [("endpoint", &**endpoint), ("client", &**client)];
                    drop(metrics.observe_histogram(NAME, *at(values, turn), &labels));
                    barrier();
                }
            },
        )
        .counted(|| {
            let count = |(endpoint, client): &(String, String)| {
                let labels = [("endpoint", &**endpoint), ("client", &**client)];
                METRICS.histogram(NAME, &labels).count()
            };
            PAIRS.iter().map(count).sum()
        }),
    ];
    all.extend(
        histogram::dynamic()
            .into_iter()
            .filter(|contender| !contender.name.contains('!'))
            .map(|contender| contender.on(ROW)),
    );
    all
}

#[inline(never)]
fn counted(metrics: &Metrics, x: u64) -> u64 {
    drop(metrics.increment("bench_beside_total", &[("endpoint", "/"), ("client", "a")]));
    black_box(x)
}

/// A call that counts into a set that goes nowhere, against one that does not count.
pub(super) fn null() -> Vec<Contender> {
    const ROW: &str = "null/by_name";
    static NULL: LazyLock<Metrics> = LazyLock::new(create_metrics_with_null_exporter);
    vec![
        Contender::new(ROW, "bare call", Side::Reference, |times| {
            for turn in 0..times {
                black_box(timed::bare(black_box(turn)));
            }
        }),
        Contender::new(ROW, "instrumetrics, increment, null", Side::Ours, |times| {
            let metrics = black_box(&*NULL);
            for turn in 0..times {
                black_box(counted(metrics, black_box(turn)));
            }
        })
        .counted(|| NULL.series_count() as u64)
        .not_recording(),
    ]
}
