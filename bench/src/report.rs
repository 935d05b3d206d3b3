//! The figures as Markdown and as JSON.

use crate::budget::{Bound, Budget, best_peer, budgets};
use crate::contender::{Figures, Side};
use crate::memory::MemoryFigures;
use crate::scrape::ScrapeFigures;
use crate::threads::PairFigures;
use serde_json::{Value, json};
use std::fmt::Write;

/// What one run measured.
#[derive(Clone, Debug)]
pub struct Results {
    /// On one thread.
    pub alone: Vec<Figures>,
    /// On two threads.
    pub pairs: Vec<PairFigures>,
    /// Scrapes.
    pub scrapes: Vec<ScrapeFigures>,
    /// Many series.
    pub memory: Vec<MemoryFigures>,
}

/// On what and how it was measured.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The processor, as the system names it.
    pub processor: String,
    /// How many cores this process may use.
    pub cores: usize,
    /// Whether the threads were kept on their cores.
    pub pinned: bool,
    /// Rounds on one thread, on two, and of scrapes.
    pub rounds: [usize; 3],
}

impl Results {
    /// The nanoseconds of F.
    #[must_use]
    pub fn f(&self) -> f64 {
        self.alone
            .iter()
            .find(|figures| figures.row == "reference/fetch_add")
            .map_or(f64::NAN, |figures| figures.ns)
    }
}

/// The tables.
#[must_use]
pub fn markdown(results: &Results, setting: &Setting) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_markdown(&mut out, results, setting);
    out
}

fn write_markdown(out: &mut String, results: &Results, setting: &Setting) -> std::fmt::Result {
    let Setting {
        processor,
        cores,
        pinned,
        rounds: [alone, pairs, scrapes],
    } = setting;
    writeln!(
        out,
        "{processor}, {cores} cores, threads {}; medians of {alone}, {pairs} and {scrapes} rounds; F = {:.2} ns\n",
        if *pinned { "pinned" } else { "not pinned" },
        results.f(),
    )?;
    writeln!(
        out,
        "| row | contender | ns | / F | / best peer | allocations |"
    )?;
    writeln!(out, "| --- | --- | ---: | ---: | ---: | ---: |")?;
    for figures in &results.alone {
        writeln!(
            out,
            "| {} | {} | {:.2} | {:.2} | {} | {} |",
            figures.row,
            figures.name,
            figures.ns,
            figures.ns / results.f(),
            ratio(
                figures.side,
                figures.ns / best_peer(&results.alone, figures.row)
            ),
            count(figures.allocations),
        )?;
    }
    writeln!(
        out,
        "\n| row | contender | 1 thread, Mops/s | 2 threads, Mops/s | efficiency | / best peer |"
    )?;
    writeln!(out, "| --- | --- | ---: | ---: | ---: | ---: |")?;
    for pair in &results.pairs {
        let peers = results
            .pairs
            .iter()
            .filter(|x| x.row == pair.row && x.side == Side::Peer);
        let best = peers.map(|x| x.two).fold(f64::NAN, f64::max);
        writeln!(
            out,
            "| {} | {} | {:.1} | {:.1} | {:.2} | {} |",
            pair.row,
            pair.name,
            pair.one,
            pair.two,
            pair.efficiency(),
            ratio(pair.side, pair.two / best),
        )?;
    }
    writeln!(
        out,
        "\n| row | contender | ms | MB | GB/s | / best peer | allocations |"
    )?;
    writeln!(out, "| --- | --- | ---: | ---: | ---: | ---: | ---: |")?;
    for scrape in &results.scrapes {
        let peers = results
            .scrapes
            .iter()
            .filter(|x| x.row == scrape.row && x.side == Side::Peer);
        let best = peers.map(|x| x.ms).fold(f64::NAN, f64::min);
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let megabytes = scrape.bytes as f64 / 1e6;
        writeln!(
            out,
            "| {} | {} | {:.3} | {megabytes:.2} | {:.2} | {} | {} |",
            scrape.row,
            scrape.name,
            scrape.ms,
            scrape.gigabytes_per_second(),
            ratio(scrape.side, scrape.ms / best),
            scrape.allocations,
        )?;
    }
    write_memory(out, &results.memory)?;
    writeln!(out, "\n| budget | measured | limit | | |")?;
    writeln!(out, "| --- | ---: | ---: | --- | --- |")?;
    for budget in budgets(results) {
        writeln!(
            out,
            "| {} | {:.2} | {} {} | {} | {} |",
            budget.what,
            budget.value,
            match budget.bound {
                Bound::AtMost => "<=",
                Bound::AtLeast => ">=",
            },
            budget.limit,
            if budget.met() { "met" } else { "**not met**" },
            if budget.enforced { "enforced" } else { "aim" },
        )?;
    }
    Ok(())
}

fn write_memory(out: &mut String, memory: &[MemoryFigures]) -> std::fmt::Result {
    writeln!(
        out,
        "\n| row | contender | series | heap, bytes each | resident, bytes each | create, ns each | again, ns each | first scrape, ms | scrape, ms | MB |"
    )?;
    writeln!(
        out,
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    )?;
    for x in memory {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let megabytes = x.bytes as f64 / 1e6;
        writeln!(
            out,
            "| {} | {} | {} | {:.0} | {:.0} | {:.0} | {:.0} | {:.1} | {:.1} | {megabytes:.1} |",
            x.row,
            x.name,
            x.series,
            x.heap,
            x.resident,
            x.create_ns,
            x.again_ns,
            x.first_scrape_ms,
            x.scrape_ms,
        )?;
    }
    Ok(())
}

/// With three digits after the point, where there is something after it.
fn count(n: f64) -> String {
    format!("{n:.3}")
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}

/// A ratio to the best peer says something about ours only.
fn ratio(side: Side, ratio: f64) -> String {
    if side == Side::Ours && ratio.is_finite() {
        format!("{ratio:.2}")
    } else {
        String::new()
    }
}

/// Everything, for comparing runs.
#[must_use]
pub fn json(results: &Results, setting: &Setting) -> Value {
    let alone = results.alone.iter().map(|x| {
        json!({
            "row": x.row, "name": x.name, "side": x.side.as_str(),
            "ns": x.ns, "f": x.ns / results.f(), "allocations": x.allocations,
        })
    });
    let pairs = results.pairs.iter().map(|x| {
        json!({
            "row": x.row, "name": x.name, "side": x.side.as_str(),
            "one_mops": x.one, "two_mops": x.two, "efficiency": x.efficiency(),
        })
    });
    let scrapes = results.scrapes.iter().map(|x| {
        json!({
            "row": x.row, "name": x.name, "side": x.side.as_str(),
            "ms": x.ms, "bytes": x.bytes, "allocations": x.allocations,
        })
    });
    let memory = results.memory.iter().map(|x| {
        json!({
            "row": x.row, "name": x.name, "side": x.side.as_str(), "series": x.series,
            "heap_bytes_each": x.heap, "resident_bytes_each": x.resident,
            "create_ns_each": x.create_ns, "again_ns_each": x.again_ns,
            "first_scrape_ms": x.first_scrape_ms, "scrape_ms": x.scrape_ms, "bytes": x.bytes,
        })
    });
    let budgets = budgets(results);
    let budgets = budgets.iter().map(|x: &Budget| {
        json!({
            "what": x.what, "value": x.value, "limit": x.limit,
            "bound": match x.bound { Bound::AtMost => "at_most", Bound::AtLeast => "at_least" },
            "met": x.met(), "enforced": x.enforced,
        })
    });
    json!({
        "processor": setting.processor,
        "cores": setting.cores,
        "pinned": setting.pinned,
        "rounds": { "one_thread": setting.rounds[0], "two_threads": setting.rounds[1], "scrapes": setting.rounds[2] },
        "f_ns": results.f(),
        "one_thread": alone.collect::<Vec<_>>(),
        "two_threads": pairs.collect::<Vec<_>>(),
        "scrapes": scrapes.collect::<Vec<_>>(),
        "memory": memory.collect::<Vec<_>>(),
        "budgets": budgets.collect::<Vec<_>>(),
    })
}
