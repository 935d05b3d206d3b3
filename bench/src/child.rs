//! This program again, to measure something in a process that nothing else has shaped.

use crate::contender::Side;
use crate::scrape::ScrapeFigures;
use crate::{extra, flush, memory, threads};
use serde_json::{Value, json};
use std::error::Error;
use std::process::Command;

/// The argument with which this program measures one thing and nothing else; what, and how, follow.
pub const ARGUMENT: &str = "--child";

/// Measures `what` in this process.
///
/// # Errors
///
/// When there is no such thing, or it cannot be measured here.
pub fn measure(what: &str, how: &str) -> Result<Value, Box<dyn Error>> {
    match what {
        "memory" => memory::measure(how),
        "threads" => threads::measure(how),
        "extra" => extra::measure(how),
        "flush" => {
            let figures = flush::run(how.parse()?)?;
            let figures = figures.iter().map(|x| {
                json!({ "row": x.row, "name": x.name, "ms": x.ms, "bytes": x.bytes, "allocations": x.allocations })
            });
            Ok(figures.collect())
        }
        _ => Err(format!("nothing is called `{what}`").into()),
    }
}

/// Flushes in a process of their own: what they made would be in every scrape, and the other way round.
///
/// # Errors
///
/// When a process cannot be started or does not say its figures.
pub fn flushes(rounds: usize) -> Result<Vec<ScrapeFigures>, Box<dyn Error>> {
    let answer = ask("flush", &rounds.to_string())?;
    let figures = answer.as_array().into_iter().flatten().map(|x| {
        let text = |key: &str| &*x[key].as_str().unwrap_or_default().to_owned().leak();
        let whole = |key: &str| x[key].as_u64().unwrap_or(0);
        ScrapeFigures {
            row: text("row"),
            name: text("name"),
            side: Side::Ours,
            ms: x["ms"].as_f64().unwrap_or(f64::NAN),
            bytes: usize::try_from(whole("bytes")).unwrap_or(0),
            allocations: whole("allocations"),
        }
    });
    Ok(figures.collect())
}

/// Has a new process measure `what`.
///
/// # Errors
///
/// When it cannot be started or does not say its figures.
pub(crate) fn ask(what: &str, how: &str) -> Result<Value, Box<dyn Error>> {
    let output = Command::new(std::env::current_exe()?)
        .args([ARGUMENT, what, how])
        .output()?;
    if !output.status.success() {
        return Err(format!("{what} {how}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
