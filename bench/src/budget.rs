//! What the figures should be, as ratios.

use crate::contender::{Figures, Side};
use crate::memory::MemoryFigures;
use crate::report::Results;
use crate::scrape::ScrapeFigures;
use crate::threads::PairFigures;

/// Which side of the limit is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// At most the limit.
    AtMost,
    /// At least the limit.
    AtLeast,
}

/// One ratio and its limit.
#[derive(Clone, Debug)]
pub struct Budget {
    /// What it is a ratio of.
    pub what: &'static str,
    /// What came out.
    pub value: f64,
    /// Which side of the limit is right.
    pub bound: Bound,
    /// What should come out.
    pub limit: f64,
    /// Whether a miss makes `--check` fail.
    pub enforced: bool,
}

impl Budget {
    /// Missed so far, or missed now and then: shown, and not enforced.
    fn aim(self) -> Self {
        Self {
            enforced: false,
            ..self
        }
    }

    /// Whether there is anything to compare: with a filter, not every row is measured.
    #[must_use]
    pub fn measured(&self) -> bool {
        !self.value.is_nan()
    }

    /// Whether it is kept. What was not measured is not.
    #[must_use]
    pub fn met(&self) -> bool {
        match self.bound {
            Bound::AtMost => self.value <= self.limit,
            Bound::AtLeast => self.value >= self.limit,
        }
    }
}

fn at_most(what: &'static str, value: f64, limit: f64) -> Budget {
    Budget {
        what,
        value,
        bound: Bound::AtMost,
        limit,
        enforced: true,
    }
}

fn at_least(what: &'static str, value: f64, limit: f64) -> Budget {
    Budget {
        bound: Bound::AtLeast,
        ..at_most(what, value, limit)
    }
}

/// What is promised now, and what is aimed at.
#[must_use]
#[expect(clippy::too_many_lines, reason = "a list")]
pub fn budgets(results: &Results) -> Vec<Budget> {
    let Results {
        alone,
        pairs,
        scrapes,
        memory,
        operations,
        extra: _,
    } = results;
    let f = results.f();
    let named = |row: &str, name: &str| {
        let found = alone.iter().find(|x| x.row == row && x.name.contains(name));
        found.unwrap_or(&NOT_MEASURED)
    };
    let ours = |row: &str| named(row, "instrumetrics");
    let by_name = |row: &str, of: &str| ours_by_name(alone, row).over(named(row, of));
    let older = |row: &str, nanoseconds: f64| nanoseconds / ours_by_name(alone, row).ns;
    let peer = |figures: &Figures| figures.over(best_peer(alone, figures.row));
    let over_bare = |row: &str| ours(row).ns - named(row, "bare").ns;
    let by_hand = |row: &str| named(row, "#[timed]").over(named(row, "prometheus,"));
    let best_macro = |row: &str| {
        let attributes = alone
            .iter()
            .filter(|x| x.row == row && x.side == Side::Peer && x.name.contains("#["));
        let best = attributes.min_by(|a, b| a.ns.total_cmp(&b.ns));
        named(row, "#[timed]").over(best.unwrap_or(&NOT_MEASURED))
    };
    let pair = |row: &str, side: Side| {
        let fitting = pairs.iter().filter(move |x| x.row == row && x.side == side);
        fitting.map(|x| x.two).fold(f64::NAN, f64::max)
    };
    let two = |row: &str| pair(row, Side::Ours);
    let atomic = pairs.iter().find(|x| x.name == "static AtomicU64");
    let shared_atomic = atomic.map_or(f64::NAN, |x| x.two);
    // The best of ours: they write the same cells in the same way, and differ by when the machine was disturbed.
    let efficiency = pairs
        .iter()
        .filter(|x| x.row == "threads/counter" && x.side == Side::Ours)
        .map(PairFigures::efficiency)
        .fold(f64::NAN, f64::max);
    let scraped = |side: Side| {
        let fitting = scrapes
            .iter()
            .filter(move |x| x.row == "scrape/8_pages" && x.side == side);
        fitting.min_by(|a, b| a.ms.total_cmp(&b.ms))
    };
    let flush = scrapes.iter().find(|x| x.row == "flush/statsd");
    let (scrape, scrape_peer) = (scraped(Side::Ours), scraped(Side::Peer));
    let many = |row: &str, figure: fn(&MemoryFigures) -> f64| {
        let of = |side| memory.iter().find(|x| x.row == row && x.side == side);
        let (ours, peer) = (of(Side::Ours).map(figure), of(Side::Peer).map(figure));
        ours.zip(peer).map_or(f64::NAN, |(ours, peer)| ours / peer)
    };
    let recording = operations.iter().filter(|x| x.records());
    let ms = |x: Option<&ScrapeFigures>| x.map_or(f64::NAN, |x| x.ms);
    let called = named("counter/plain", "declared call");
    vec![
        at_most(
            "static counter / F",
            named("counter/plain", "static").over(f),
            0.6,
        ),
        at_most("declared counter / F", called.over(f), 0.6),
        at_most("declared counter / best peer", peer(called), 0.6),
        at_most(
            "enum-labelled counter / F",
            ours("counter/enums").over(f),
            0.8,
        ),
        at_most(
            "enum-labelled counter / best peer",
            peer(ours("counter/enums")),
            0.6,
        ),
        at_most(
            "counter, 2 dynamic labels / F",
            ours("counter/dynamic").over(f),
            5.5,
        ),
        at_most(
            "counter, 2 dynamic labels / best peer",
            peer(ours("counter/dynamic")),
            0.45,
        ),
        at_most(
            "histogram, handle / F",
            ours("histogram/handle").over(f),
            1.3,
        ),
        at_most(
            "histogram, handle / best peer",
            peer(ours("histogram/handle")),
            0.45,
        ),
        at_most(
            "histogram, 2 dynamic labels / F",
            ours("histogram/dynamic").over(f),
            7.0,
        ),
        at_most(
            "histogram, 2 dynamic labels / best peer",
            peer(ours("histogram/dynamic")),
            0.35,
        )
        .aim(),
        at_most(
            "counter by name / declared, 2 dynamic labels",
            by_name("counter/by_name", "declared"),
            1.3,
        ),
        at_most(
            "counter by name / best peer",
            peer(ours_by_name(alone, "counter/by_name")),
            1.0,
        ),
        at_most(
            "gauge by name / best peer",
            peer(ours_by_name(alone, "gauge/by_name")),
            1.0,
        ),
        at_most(
            "histogram by name / best peer",
            peer(ours_by_name(alone, "histogram/by_name")),
            1.0,
        ),
        at_least(
            "an older module's counter by name, 800 ns / ours",
            older("counter/by_name", 800.0),
            10.0,
        ),
        at_least(
            "an older module's gauge by name, 700 ns / ours",
            older("gauge/by_name", 700.0),
            10.0,
        ),
        at_least(
            "an older module's histogram by name, 1200 ns / ours",
            older("histogram/by_name", 1200.0),
            10.0,
        ),
        at_most("`#[timed]` / F", ours("timed/sync").over(f), 20.0),
        at_most("async `#[timed]` / F", ours("timed/async").over(f), 20.0),
        at_most(
            "`#[timed]` / prometheus' timer by hand",
            by_hand("timed/sync"),
            1.0,
        ),
        at_most(
            "async `#[timed]` / prometheus' timer by hand",
            by_hand("timed/async"),
            1.0,
        ),
        at_most(
            "`#[timed]` / best peer's attribute",
            best_macro("timed/sync"),
            0.55,
        )
        .aim(),
        at_most(
            "async `#[timed]` / best peer's attribute",
            best_macro("timed/async"),
            0.55,
        ),
        at_least(
            "two threads on one counter / twice one thread",
            efficiency,
            0.85,
        ),
        at_least(
            "two threads on one counter / twice one thread",
            efficiency,
            0.9,
        )
        .aim(),
        at_least(
            "two threads on one counter / best peer",
            two("threads/counter") / pair("threads/counter", Side::Peer),
            4.0,
        )
        .aim(),
        at_least(
            "two threads on one counter / shared atomic",
            two("threads/counter") / shared_atomic,
            20.0,
        )
        .aim(),
        at_least(
            "two threads on one dynamic series / best peer",
            two("threads/dynamic") / pair("threads/dynamic", Side::Peer),
            12.0,
        )
        .aim(),
        at_least(
            "two threads on one histogram / best peer",
            two("threads/histogram") / pair("threads/histogram", Side::Peer),
            7.0,
        )
        .aim(),
        at_most(
            "500,000 counters by name, heap / best peer",
            many("memory/500000_counters", |x| x.heap),
            1.0,
        ),
        at_most(
            "500,000 counters by name, scrape / best peer",
            many("memory/500000_counters", |x| x.scrape_ms),
            0.2,
        ),
        at_most(
            "10,000 histograms by name, heap / best peer",
            many("memory/10000_histograms", |x| x.heap),
            1.0,
        ),
        at_most(
            "5,000 metrics by name with 32 labels, heap / best peer",
            many("memory/5000_metrics_32_labels", |x| x.heap),
            1.0,
        ),
        at_most("StatsD, counter / F", ours("statsd/constant").over(f), 0.6),
        at_most(
            "StatsD, counter by 2 dynamic labels / F",
            ours("statsd/dynamic").over(f),
            5.5,
        ),
        at_most(
            "StatsD, flush of 11,000 changed series (ms of processor time)",
            ms(flush),
            5.0,
        )
        .aim(),
        at_most(
            "scrape, 8 pages / best peer",
            ms(scrape) / ms(scrape_peer),
            0.35,
        ),
        at_most(
            "scrape, 8 pages / best peer",
            ms(scrape) / ms(scrape_peer),
            0.2,
        )
        .aim(),
        at_least(
            "scrape, 8 pages (GB/s)",
            scrape.map_or(f64::NAN, ScrapeFigures::gigabytes_per_second),
            2.0,
        ),
        at_most(
            "scrape, 8 pages, allocations",
            #[expect(clippy::cast_precision_loss, reason = "a small number")]
            scrape.map_or(f64::NAN, |x| x.allocations as f64),
            0.0,
        ),
        at_most(
            "counter not recording, over the bare call (ns)",
            over_bare("null/counter"),
            0.5,
        ),
        at_most(
            "`#[timed]` not recording, over the bare call (ns)",
            over_bare("null/timed"),
            0.5,
        ),
        at_most(
            "counter by name into null, over the bare call (ns)",
            over_bare("null/by_name"),
            1.0,
        ),
        at_most(
            "allocations while recording, warm",
            alone
                .iter()
                .filter(|x| x.side == Side::Ours)
                .map(|x| x.allocations)
                .chain(recording.flat_map(|x| x.allocations))
                .reduce(|a, b| a + b)
                .unwrap_or(f64::NAN),
            0.0,
        ),
    ]
}

/// The first of ours on a row, which is the operation by name.
fn ours_by_name<'a>(alone: &'a [Figures], row: &str) -> &'a Figures {
    let mut ours = alone
        .iter()
        .filter(|x| x.row == row && x.side == Side::Ours);
    ours.next().unwrap_or(&NOT_MEASURED)
}

/// Stands for a row that is missing: no limit holds for it.
pub(crate) static NOT_MEASURED: Figures = Figures {
    row: "",
    name: "",
    side: Side::Ours,
    ns: f64::NAN,
    rounds: Vec::new(),
    allocations: f64::NAN,
};

/// The fastest peer on a row.
pub(crate) fn best_peer<'a>(alone: &'a [Figures], row: &str) -> &'a Figures {
    let peers = alone
        .iter()
        .filter(|figures| figures.row == row && figures.side == Side::Peer);
    let best = peers.min_by(|a, b| a.ns.total_cmp(&b.ns));
    best.unwrap_or(&NOT_MEASURED)
}
