//! The figures as Markdown and as JSON.

use crate::budget::{Bound, Budget, NOT_MEASURED, best_peer, budgets};
use crate::contender::{Figures, Side};
use crate::extra::Section;
use crate::memory::MemoryFigures;
use crate::operations::OperationFigures;
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
    /// What is exact.
    pub operations: Vec<OperationFigures>,
    /// What is measured on request.
    pub extra: Vec<Section>,
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
    /// The compiler, as it names itself.
    pub compiler: String,
    /// The day.
    pub day: String,
    /// How many threads wanted to run in the minute before and in the last one, by the system's account.
    pub load: [String; 2],
    /// Rounds on one thread, on two, and of scrapes.
    pub rounds: [usize; 3],
}

impl Results {
    /// F.
    #[must_use]
    pub fn f(&self) -> &Figures {
        let mut alone = self.alone.iter();
        let found = alone.find(|figures| figures.row == "reference/fetch_add");
        found.unwrap_or(&NOT_MEASURED)
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
        compiler,
        day,
        load: [before, after],
        rounds: [alone, pairs, scrapes],
    } = setting;
    writeln!(
        out,
        "Measured on {day}: {processor}, {cores} cores, threads {}; {compiler}, fat LTO; load {before} before and {after} after; medians of {alone}, {pairs} and {scrapes} rounds; F = {:.2} ns.\n",
        if *pinned { "pinned" } else { "not pinned" },
        results.f().ns,
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
            figures.over(results.f()),
            ratio(
                figures.side,
                figures.over(best_peer(&results.alone, figures.row))
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
    write_operations(out, &results.operations)?;
    write_extra(out, &results.extra)?;
    write_budgets(out, results)
}

fn write_budgets(out: &mut String, results: &Results) -> std::fmt::Result {
    writeln!(out, "\n| budget | measured | limit | | |")?;
    writeln!(out, "| --- | ---: | ---: | --- | --- |")?;
    for budget in budgets(results).into_iter().filter(Budget::measured) {
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

fn write_operations(out: &mut String, operations: &[OperationFigures]) -> std::fmt::Result {
    if operations.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\nInstructions of each operation, as `bench/instructions` counts them, and its allocations once it is warm: alone, beside a StatsD exporter, and beside one that sends each recording by itself:\n"
    )?;
    writeln!(
        out,
        "| operation | instructions | allocations | StatsD | each by itself |"
    )?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: |")?;
    for operation in operations {
        let [alone, statsd, events] = operation.allocations.map(count);
        writeln!(
            out,
            "| {} | {} | {alone} | {statsd} | {events} |",
            operation.name,
            operation.instructions.map_or_else(String::new, count),
        )?;
    }
    Ok(())
}

fn write_extra(out: &mut String, sections: &[Section]) -> std::fmt::Result {
    for section in sections {
        writeln!(out, "\n{} (`{}`):\n", section.title, section.name)?;
        writeln!(out, "| | {} |", section.columns.join(" | "))?;
        writeln!(out, "| --- |{}", " ---: |".repeat(section.columns.len()))?;
        for (who, figures) in &section.rows {
            write!(out, "| {who} |")?;
            for figure in figures {
                write!(out, " {} |", figure.map_or_else(String::new, digits))?;
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

/// With about three digits.
fn digits(x: f64) -> String {
    let after = match x.abs() {
        x if x < 1.0 => 3,
        x if x < 10.0 => 2,
        x if x < 100.0 => 1,
        _ => 0,
    };
    format!("{x:.after$}")
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
            "ns": x.ns, "f": x.over(results.f()), "allocations": x.allocations,
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
    let operations = results.operations.iter().map(|x| {
        let [alone, statsd, statsd_events] = x.allocations;
        json!({
            "name": x.name, "instructions": x.instructions,
            "allocations": { "alone": alone, "statsd": statsd, "statsd_events": statsd_events },
        })
    });
    let budgets = budgets(results);
    let budgets = budgets.iter().map(|x: &Budget| {
        json!({
            "what": x.what, "value": x.value, "limit": x.limit,
            "bound": match x.bound { Bound::AtMost => "at_most", Bound::AtLeast => "at_least" },
            "met": x.measured().then_some(x.met()), "enforced": x.enforced,
        })
    });
    json!({
        "processor": setting.processor,
        "cores": setting.cores,
        "pinned": setting.pinned,
        "compiler": setting.compiler,
        "day": setting.day,
        "load": setting.load,
        "rounds": { "one_thread": setting.rounds[0], "two_threads": setting.rounds[1], "scrapes": setting.rounds[2] },
        "f_ns": results.f().ns,
        "one_thread": alone.collect::<Vec<_>>(),
        "two_threads": pairs.collect::<Vec<_>>(),
        "scrapes": scrapes.collect::<Vec<_>>(),
        "memory": memory.collect::<Vec<_>>(),
        "operations": operations.collect::<Vec<_>>(),
        "extra": results.extra,
        "budgets": budgets.collect::<Vec<_>>(),
    })
}
