//! A function and its duration.

use crate::contender::{Contender, Side};
use crate::peers::{BOUNDS, PROMETHEUS};
use crate::work::{Once, calls, polls, ready};
use instrumetrics::timed;
use prometheus::{Histogram, register_histogram_with_registry};
use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Instant;

static SYNC: LazyLock<Histogram> = LazyLock::new(|| {
    register_histogram_with_registry!(
        "bench_sync_seconds",
        "By hand.",
        BOUNDS.to_vec(),
        PROMETHEUS
    )
    .expect("new")
});

static ASYNC: LazyLock<Histogram> = LazyLock::new(|| {
    register_histogram_with_registry!(
        "bench_async_seconds",
        "By hand.",
        BOUNDS.to_vec(),
        PROMETHEUS
    )
    .expect("new")
});

#[inline(never)]
pub(super) fn bare(x: u64) -> u64 {
    black_box(x)
}

#[timed("bench_sync_seconds")]
#[inline(never)]
fn attributed(x: u64) -> u64 {
    black_box(x)
}

#[inline(never)]
fn by_hand(x: u64) -> u64 {
    let timer = SYNC.start_timer();
    let y = black_box(x);
    timer.observe_duration();
    y
}

#[inline(never)]
fn by_hand_metrics(x: u64) -> u64 {
    let start = Instant::now();
    let y = black_box(x);
    metrics::histogram!("bench_sync_seconds").record(start.elapsed());
    y
}

/// How often the attributed functions were counted.
fn count(name: &str) -> u64 {
    instrumetrics::snapshot()
        .histogram(name, &[])
        .map_or(0, |histogram| histogram.count())
}

/// A function that does next to nothing.
pub(super) fn sync() -> Vec<Contender> {
    const ROW: &str = "timed/sync";
    vec![
        calls(ROW, "bare call", Side::Reference, bare),
        calls(ROW, "instrumetrics, #[timed]", Side::Ours, attributed)
            .counted(|| count("bench_sync_seconds")),
        calls(ROW, "prometheus, timer by hand", Side::Peer, by_hand)
            .counted(|| SYNC.get_sample_count()),
        calls(
            ROW,
            "metrics, histogram! by hand",
            Side::Peer,
            by_hand_metrics,
        ),
    ]
}

#[expect(
    clippy::unused_async,
    reason = "ready at once, so that nothing but the measuring is measured"
)]
async fn bare_async(x: u64) -> u64 {
    black_box(x)
}

#[timed("bench_async_seconds")]
async fn attributed_async(x: u64) -> u64 {
    black_box(x)
}

#[expect(
    clippy::unused_async,
    reason = "ready at once, so that nothing but the measuring is measured"
)]
async fn by_hand_async(x: u64) -> u64 {
    let timer = ASYNC.start_timer();
    let y = black_box(x);
    timer.observe_duration();
    y
}

/// A future that is ready when it is first polled.
pub(super) fn asynchronous() -> Vec<Contender> {
    const ROW: &str = "timed/async";
    vec![
        calls(ROW, "bare call", Side::Reference, |x| ready(bare_async(x))),
        calls(ROW, "instrumetrics, #[timed]", Side::Ours, |x| {
            ready(attributed_async(x))
        })
        .counted(|| count("bench_async_seconds")),
        calls(ROW, "prometheus, timer by hand", Side::Peer, |x| {
            ready(by_hand_async(x))
        })
        .counted(|| ASYNC.get_sample_count()),
    ]
}

async fn bare_polls(times: u64) -> u64 {
    for _ in 0..times {
        Once::default().await;
    }
    times
}

#[timed("bench_polls_seconds")]
async fn attributed_polls(times: u64) -> u64 {
    for _ in 0..times {
        Once::default().await;
    }
    times
}

/// A future that is polled again and again.
pub(super) fn poll() -> Vec<Contender> {
    vec![
        polls("bare call", Side::Reference, bare_polls, None),
        polls(
            "instrumetrics, #[timed]",
            Side::Ours,
            attributed_polls,
            Some(|| count("bench_polls_seconds")),
        ),
    ]
}

/// The attributed function while nothing is recorded.
pub(super) fn not_recording(row: &'static str) -> Vec<Contender> {
    vec![
        calls(row, "bare call", Side::Reference, bare),
        calls(
            row,
            "instrumetrics, #[timed], not recording",
            Side::Ours,
            attributed,
        )
        .counted(|| count("bench_sync_seconds"))
        .not_recording(),
    ]
}
