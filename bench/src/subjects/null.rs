//! Nothing is recorded: the null exporter was chosen.

use super::timed;
use crate::contender::{Contender, Side};
use std::hint::black_box;

/// What is measured with.
#[instrumetrics::metrics(namespace = "bench")]
mod telemetry {
    use instrumetrics::Counter;

    /// Counted beside the work.
    pub fn beside_total() -> Counter;
}

#[inline(never)]
fn counted(x: u64) -> u64 {
    telemetry::beside_total().inc();
    black_box(x)
}

/// A call that counts, against one that does not.
pub(super) fn counter() -> Vec<Contender> {
    const ROW: &str = "null/counter";
    vec![
        Contender::new(ROW, "bare call", Side::Reference, |times| {
            for turn in 0..times {
                black_box(timed::bare(black_box(turn)));
            }
        }),
        Contender::new(
            ROW,
            "instrumetrics, declared call, not recording",
            Side::Ours,
            |times| {
                for turn in 0..times {
                    black_box(counted(black_box(turn)));
                }
            },
        )
        .counted(|| telemetry::beside_total().value())
        .not_recording(),
    ]
}

/// A call that is timed, against one that is not.
pub(super) fn timed() -> Vec<Contender> {
    timed::not_recording("null/timed")
}
