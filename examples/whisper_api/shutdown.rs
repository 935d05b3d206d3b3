//! The end: the signals that ask for it, and what is said last.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use instrumetrics::{Snapshot, Value};
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for Ctrl-C and, where there is such a thing, for what `kill` and service managers send.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl Signals {
    /// Takes the signals over from now on.
    ///
    /// # Errors
    ///
    /// When the operating system does not let it.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Until the next signal.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Ready to wait.
    ///
    /// # Errors
    ///
    /// None on such a system; the signature is that of the others.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    /// Until the next Ctrl-C; for ever where it cannot be had.
    pub(crate) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// What the service did, from its own metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    submitted: u64,
    completed: BTreeMap<String, u64>,
    errors: BTreeMap<String, u64>,
}

impl Summary {
    /// Adds up the series of a snapshot.
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        Self {
            submitted: totals(snapshot, "whisper_jobs_submitted_total", "")
                .values()
                .sum(),
            completed: totals(snapshot, "whisper_jobs_completed_total", "status"),
            errors: totals(snapshot, "whisper_errors_total", "error_type"),
        }
    }
}

/// The sums of a counter family by the values of one label.
fn totals(snapshot: &Snapshot, name: &str, label: &str) -> BTreeMap<String, u64> {
    let mut totals = BTreeMap::new();
    let families = snapshot.families().filter(|family| family.name == name);
    for series in families.flat_map(|family| &family.series) {
        let value = series.labels.iter().find(|(key, _)| *key == label);
        let value = value.map_or_else(String::new, |(_, value)| value.clone());
        if let Value::Count(count) = series.value {
            *totals.entry(value).or_default() += count;
        }
    }
    totals
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "jobs submitted: {}", self.submitted)?;
        write!(f, "jobs completed: {}", Breakdown(&self.completed))?;
        if self.errors.values().any(|count| *count > 0) {
            write!(f, "\nerrors: {}", Breakdown(&self.errors))?;
        }
        Ok(())
    }
}

struct Breakdown<'a>(&'a BTreeMap<String, u64>);

impl fmt::Display for Breakdown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.values().sum::<u64>())?;
        let parts: Vec<_> = self
            .0
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(value, count)| format!("{value} {count}"))
            .collect();
        if parts.is_empty() {
            return Ok(());
        }
        write!(f, " ({})", parts.join(", "))
    }
}
