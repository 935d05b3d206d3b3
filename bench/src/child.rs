//! This program again, to measure something in a process that nothing else has shaped.

use crate::{extra, memory, threads};
use serde_json::Value;
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
        _ => Err(format!("nothing is called `{what}`").into()),
    }
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
