//! Histograms of eleven buckets.

use super::{PAIRS, SECONDS, at, barrier};
use crate::contender::{Contender, Side};
use crate::peers::{BOUNDS, PROMETHEUS};
use prometheus::{
    Histogram, HistogramVec, register_histogram_vec_with_registry, register_histogram_with_registry,
};
use std::hint::black_box;
use std::sync::LazyLock;

/// What is measured with.
#[instrumetrics::metrics(namespace = "bench")]
mod telemetry {
    use instrumetrics::Histogram;

    /// Through a kept handle.
    pub fn observed_seconds() -> Histogram;

    /// By two strings.
    pub fn strings_seconds(endpoint: &str, client: &str) -> Histogram;
}

static OBSERVED: LazyLock<Histogram> = LazyLock::new(|| {
    register_histogram_with_registry!(
        "bench_observed_seconds",
        "Kept.",
        BOUNDS.to_vec(),
        PROMETHEUS
    )
    .expect("new")
});

static STRINGS: LazyLock<HistogramVec> = LazyLock::new(|| {
    register_histogram_vec_with_registry!(
        "bench_strings_seconds",
        "By two strings.",
        &["endpoint", "client"],
        BOUNDS.to_vec(),
        PROMETHEUS
    )
    .expect("new")
});

/// No labels, a handle kept.
pub(super) fn handle() -> Vec<Contender> {
    let mut all = shared("histogram/handle");
    let metrics_handle = metrics::histogram!("bench_handle_seconds");
    all.push(Contender::new(
        "histogram/handle",
        "metrics, handle",
        Side::Peer,
        move |times| {
            let metrics_handle = black_box(&metrics_handle);
            let values = black_box(&*SECONDS);
            for turn in 0..times {
                metrics_handle.record(*at(values, turn));
                barrier();
            }
        },
    ));
    all
}

/// Of those that several threads can use at once without bounds on memory.
pub(super) fn shared(row: &'static str) -> Vec<Contender> {
    let handle = telemetry::observed_seconds();
    let histogram = OBSERVED.clone();
    vec![
        Contender::new(row, "instrumetrics, handle", Side::Ours, move |times| {
            let handle = black_box(&handle);
            let values = black_box(&*SECONDS);
            for turn in 0..times {
                handle.observe(*at(values, turn));
                barrier();
            }
        })
        .counted(|| telemetry::observed_seconds().count()),
        Contender::new(row, "prometheus, Histogram", Side::Peer, move |times| {
            let histogram = black_box(&histogram);
            let values = black_box(&*SECONDS);
            for turn in 0..times {
                histogram.observe(*at(values, turn));
                barrier();
            }
        })
        .counted(|| OBSERVED.get_sample_count()),
    ]
}

/// Two labels of strings, 64 combinations in turn.
pub(super) fn dynamic() -> Vec<Contender> {
    const ROW: &str = "histogram/dynamic";
    vec![
        Contender::new(ROW, "instrumetrics, declared call", Side::Ours, |times| {
            let pairs = black_box(&*PAIRS);
            let values = black_box(&*SECONDS);
            for turn in 0..times {
                let (endpoint, client) = at(pairs, turn);
                telemetry::strings_seconds(endpoint, client).observe(*at(values, turn));
                barrier();
            }
        })
        .counted(|| {
            let all = PAIRS.iter();
            all.map(|(endpoint, client)| telemetry::strings_seconds(endpoint, client).count())
                .sum()
        }),
        Contender::new(ROW, "prometheus, with_label_values", Side::Peer, |times| {
            let pairs = black_box(&*PAIRS);
            let values = black_box(&*SECONDS);
            for turn in 0..times {
                let (endpoint, client) = at(pairs, turn);
                STRINGS
                    .with_label_values(&[endpoint, client])
                    .observe(*at(values, turn));
                barrier();
            }
        })
        .counted(|| {
            let all = PAIRS.iter();
            all.map(|(endpoint, client)| {
                STRINGS
                    .with_label_values(&[endpoint, client])
                    .get_sample_count()
            })
            .sum()
        }),
        Contender::new(ROW, "metrics, histogram!", Side::Peer, |times| {
            let pairs = black_box(&*PAIRS);
            let values = black_box(&*SECONDS);
            for turn in 0..times {
                let (endpoint, client) = at(pairs, turn);
                metrics::histogram!(
                    "bench_strings_seconds",
                    "endpoint" => endpoint.clone(),
                    "client" => client.clone()
                )
                .record(*at(values, turn));
                barrier();
            }
        }),
    ]
}
