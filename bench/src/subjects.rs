//! What is measured, row by row, each the way its documentation recommends.

mod by_name;
mod counter;
mod histogram;
mod null;
mod statsd;
mod threads;
mod timed;

pub use threads::contended;

use crate::contender::{Contender, Side};
use crate::peers;
use instrumetrics::LabelValue;
use measured::FixedCardinalityLabel;
use std::hint::black_box;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use vise::EncodeLabelValue;

/// Everything that one thread does.
#[must_use]
pub fn alone() -> Vec<Contender> {
    let mut all = vec![fetch_add("reference/fetch_add")];
    all.extend(counter::plain());
    all.extend(counter::enums());
    all.extend(counter::dynamic());
    all.extend(histogram::handle());
    all.extend(histogram::dynamic());
    all.extend(by_name::increment());
    all.extend(by_name::set_gauge());
    all.extend(by_name::observe());
    all.extend(timed::sync());
    all.extend(timed::asynchronous());
    all.extend(timed::poll());
    all.extend(null::counter());
    all.extend(null::timed());
    all.extend(statsd::constant());
    all.extend(statsd::dynamic());
    all.extend(by_name::null());
    all.extend(peers::alone());
    by_row(&mut all);
    all
}

/// Puts the contenders of each row together, rows in the order in which they first came.
fn by_row(all: &mut [Contender]) {
    let mut rows = Vec::new();
    for contender in &*all {
        if !rows.contains(&contender.row) {
            rows.push(contender.row);
        }
    }
    all.sort_by_key(|contender| rows.iter().position(|row| *row == contender.row));
}

/// F: one relaxed `fetch_add` on a static atomic.
fn fetch_add(row: &'static str) -> Contender {
    static ATOMIC: AtomicU64 = AtomicU64::new(0);
    Contender::new(row, "static AtomicU64", Side::Reference, |times| {
        let atomic = black_box(&ATOMIC);
        for _ in 0..times {
            atomic.fetch_add(1, Relaxed);
            barrier();
        }
    })
    .counted(|| ATOMIC.load(Relaxed))
}

/// Keeps the compiler from carrying anything in memory over to the next turn.
///
/// A `black_box` of a value would store it on the stack, and a locked instruction waits for such a store:
/// F and the peers would look twice as slow as they are. So inputs are hidden before the loop, and what
/// changes from turn to turn is loaded from a hidden table.
#[inline]
pub(crate) fn barrier() {
    // Of nothing, it is no instruction at all.
    black_box(());
}

/// Model sizes, for each library that derives how they are written.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, LabelValue, EncodeLabelValue, FixedCardinalityLabel,
)]
#[label(rename_all = "snake_case")]
#[metrics(rename_all = "snake_case")]
pub(crate) enum Model {
    Tiny,
    Base,
    Small,
    Medium,
    Large,
}

impl Model {
    pub(crate) const ALL: [Self; 5] = [
        Self::Tiny,
        Self::Base,
        Self::Small,
        Self::Medium,
        Self::Large,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Tiny => "tiny",
            Self::Base => "base",
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
        }
    }
}

/// How it went.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, LabelValue, EncodeLabelValue, FixedCardinalityLabel,
)]
#[label(rename_all = "snake_case")]
#[metrics(rename_all = "snake_case")]
pub(crate) enum Status {
    Done,
    Failed,
    Cancelled,
    Rejected,
}

impl Status {
    pub(crate) const ALL: [Self; 4] = [Self::Done, Self::Failed, Self::Cancelled, Self::Rejected];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
        }
    }
}

/// The same two values again and again, which only we know.
pub(crate) const SAME: [(Model, Status); 64] = [(Model::Medium, Status::Failed); 64];

/// Two label values that only the client knows.
pub(crate) type Pair = (String, String);

/// 64 combinations, in an order that is not that of their making.
pub(crate) static PAIRS: LazyLock<[Pair; 64]> = LazyLock::new(|| {
    std::array::from_fn(|i| {
        // 37 is coprime to 64: every combination once.
        let i = i * 37 % 64;
        (
            format!("/api/v1/resource/{}", i / 8),
            format!("tenant-{}", i % 8),
        )
    })
});

/// Durations in seconds, spread over all buckets.
pub(crate) static SECONDS: LazyLock<[f64; 1024]> = LazyLock::new(|| {
    let mut state = 1_u32;
    std::array::from_fn(|_| {
        // Numerical Recipes' generator: good enough to be unpredictable.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // From a millisecond to twenty seconds, evenly on a logarithmic scale.
        0.001 * (f64::from(state >> 8) / f64::from(1 << 24) * 20_000_f64.ln()).exp()
    })
});

/// What a table has for this turn.
#[inline]
pub(crate) fn at<T, const N: usize>(table: &[T; N], turn: u64) -> &T {
    #[expect(clippy::cast_possible_truncation, reason = "modulo a small length")]
    &table[turn as usize % N]
}
