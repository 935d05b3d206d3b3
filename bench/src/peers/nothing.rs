//! Libraries that are told to drop what they are given: a `cadence` client without a server, and the `metrics` facade
//! without an exporter. (Both are peers of the StatsD exporter as well, which has rows of its own.)

use super::Peer;
use crate::contender::{Contender, Side};
use crate::work::calls;
use cadence::{Counted, NopMetricSink, StatsdClient};
use metrics::NoopRecorder;
use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Instant;

static CADENCE: LazyLock<StatsdClient> =
    LazyLock::new(|| StatsdClient::from_sink("bench", NopMetricSink));

#[inline(never)]
fn by_cadence(x: u64) -> u64 {
    // What it returns is how many bytes would have been sent.
    let _ = CADENCE.count("beside", 1);
    black_box(x)
}

#[inline(never)]
fn by_metrics(x: u64) -> u64 {
    metrics::counter!("bench_nothing_total").increment(1);
    black_box(x)
}

/// The facade takes values that only the client knows as texts of its own.
#[inline(never)]
fn by_metrics_with_labels(x: u64) -> u64 {
    let (endpoint, client) = ("/".to_owned(), "a".to_owned());
    metrics::counter!("bench_nothing_total", "endpoint" => endpoint, "client" => client)
        .increment(1);
    black_box(x)
}

#[inline(never)]
fn by_cadence_with_tags(x: u64) -> u64 {
    CADENCE
        .count_with_tags("beside", 1)
        .with_tag("endpoint", "/")
        .with_tag("client", "a")
        .send();
    black_box(x)
}

#[inline(never)]
fn timed_by_metrics(x: u64) -> u64 {
    let start = Instant::now();
    let y = black_box(x);
    metrics::histogram!("bench_nothing_seconds").record(start.elapsed());
    y
}

/// The process has a recorder for the other rows, so this thread gets one that does nothing.
fn without_recorder(row: &'static str, f: fn(u64) -> u64) -> Contender {
    let name = "metrics, NoopRecorder";
    Contender::new(row, name, Side::Peer, move |times| {
        metrics::with_local_recorder(&NoopRecorder, || {
            for turn in 0..times {
                black_box(f(black_box(turn)));
            }
        });
    })
}

pub(super) fn peer() -> Peer {
    Peer {
        alone: vec![
            calls(
                "null/counter",
                "cadence, NopMetricSink",
                Side::Peer,
                by_cadence,
            ),
            without_recorder("null/counter", by_metrics),
            without_recorder("null/timed", timed_by_metrics),
            without_recorder("null/by_name", by_metrics_with_labels),
            calls(
                "null/by_name",
                "cadence, NopMetricSink",
                Side::Peer,
                by_cadence_with_tags,
            ),
        ],
        contended: Vec::new(),
    }
}
