//! The exporter that writes JSON files.

mod config;
mod encode;
mod files;
mod time;

pub use config::JsonConfig;

use crate::error::MetricsError;
#[cfg(test)]
use crate::export::mapping::{Mapping, VERBATIM};
use crate::export::push::{Account, Baseline, Boxed, Failure, Push, Pusher, Round, Settings};
use config::Checked;
use files::{Files, Written};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// Writes all metrics to a new JSON file every interval, when it is asked to, and for the last time at the end.
///
/// A file is there whole or not at all, however the process ends: it is written under another name, synced, and
/// then renamed. Writing is done on threads of the exporter's own.
///
/// Cheap to clone; clones share everything. What a file holds, and the limits, are in `docs/BACKENDS.md`.
///
/// ```
/// use instrumetrics_runtime::{JsonConfig, JsonExporter, Metrics};
///
/// # fn main() -> Result<(), instrumetrics_runtime::MetricsError> {
/// # let directory = std::env::temp_dir().join(format!("instrumetrics-doc-{}", std::process::id()));
/// let exporter = JsonExporter::with_config(&JsonConfig {
///     directory: directory.clone(),
///     retention_files: 24,
///     ..JsonConfig::default()
/// })?;
/// let metrics = Metrics::new(exporter);
/// # drop(metrics);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct JsonExporter {
    pusher: Pusher,
}

impl JsonExporter {
    /// An exporter with these settings. Nothing is written before it is attached to metrics.
    ///
    /// # Errors
    ///
    /// `invalid_variable` for a directory that is empty, contains `..` or leads through a symbolic link, for a
    /// retention of no files, and for a label that breaks a rule; `conflict` for a constant label that is given twice
    /// or that a declared metric has already.
    pub fn with_config(config: &JsonConfig) -> Result<Self, MetricsError> {
        let checked = Arc::new(config.checked()?);
        let settings = Settings::every(config.interval);
        let pusher = Pusher::new("json", settings, move || {
            Box::new(Json::new(Arc::clone(&checked)))
        });
        Ok(Self { pusher })
    }

    pub(crate) fn into_pusher(self) -> Pusher {
        self.pusher
    }
}

/// How metrics look in JSON.
#[cfg(test)]
pub(crate) const MAPPINGS: &[Mapping] = &[Mapping {
    backend: "json",
    name: VERBATIM,
    label_name: VERBATIM,
    label_value: VERBATIM,
    counter: "`value`, the total since the process began; a whole number in full",
    gauge: "`value`",
    histogram: "`buckets` by upper bound, cumulative; `sum`; `count`",
    unit: "stays in the name",
}];

/// What the worker does.
struct Json {
    config: Arc<Checked>,
    baseline: Baseline,
    /// `None` while it is lent to a thread that writes.
    desk: Option<Desk>,
    /// A file that is being written. It is kept when the time is up, so that there is never a second one.
    writing: Option<JoinHandle<(Desk, Result<Written, Failure>)>>,
}

/// What is needed to write a file.
struct Desk {
    files: Files,
    /// Used again each time.
    text: String,
}

impl Json {
    fn new(config: Arc<Checked>) -> Self {
        Self {
            config,
            baseline: Baseline::default(),
            desk: None,
            writing: None,
        }
    }

    /// Waits for the file that is being written, if there is one.
    async fn finish(&mut self, account: &Account) -> Result<(), Failure> {
        let Some(writing) = &mut self.writing else {
            return Ok(());
        };
        let joined = writing.await;
        self.writing = None;
        let (desk, written) =
            joined.map_err(|error| Failure::new("io", format!("writing ended early: {error}")))?;
        self.desk = Some(desk);
        let written = written?;
        // Not read again since, even if the time was up meanwhile: what is in the file is what was read last.
        self.baseline.deliver_all_in(account);
        match written {
            Written::AndTidied => Ok(()),
            Written::ButNotTidied(error) => Err(Failure::io_in(
                "the file is written, but old ones could not be removed",
                &error,
            )),
        }
    }
}

impl Push for Json {
    fn push<'a>(&'a mut self, round: &'a Round<'a>) -> Boxed<'a, Result<(), Failure>> {
        Box::pin(async move {
            // One that took too long: its failure was told when its time was up.
            let _ = self.finish(round.account).await;
            self.baseline.read(round.sources);
            // A file has all totals of what is there; what went away before it was written is not in it.
            round.account.dropped(self.baseline.forget_gone());
            round.account.pending(self.baseline.pending());
            let mut desk = self.desk.take().unwrap_or_else(|| Desk {
                files: Files::new(&self.config),
                text: String::new(),
            });
            let now = time::now();
            desk.text.clear();
            encode::write_all(
                &mut desk.text,
                now,
                &self.config.constant,
                self.baseline.present(),
            );
            // On a thread for blocking work: a disk that hangs must not keep this one from telling so.
            self.writing = Some(tokio::task::spawn_blocking(move || {
                let written = desk.files.write(now, desk.text.as_bytes());
                (desk, written)
            }));
            self.finish(round.account).await
        })
    }
}

/// One export without its file, for the benchmark.
#[doc(hidden)]
#[derive(Debug)]
pub struct JsonText {
    sources: crate::export::sources::Sources,
    baseline: Baseline,
    text: String,
}

impl Default for JsonText {
    fn default() -> Self {
        Self {
            sources: crate::export::sources::Sources::new("json"),
            baseline: Baseline::default(),
            text: String::new(),
        }
    }
}

impl JsonText {
    /// What a file of the declared metrics would hold now.
    pub fn write(&mut self) -> &str {
        self.baseline.read(&self.sources);
        self.text.clear();
        encode::write_all(&mut self.text, time::now(), &[], self.baseline.present());
        self.baseline.deliver_all();
        &self.text
    }
}
