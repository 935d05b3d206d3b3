//! Settings of a JSON exporter.

use super::encode::ConstantLabel;
use super::files;
use crate::error::MetricsError;
use crate::export::push::DEFAULT_INTERVAL;
use crate::export::{labels, setting};
use std::path::{Component, PathBuf};
use std::time::Duration;

/// Files that are kept unless it is said otherwise: those of a day at the default interval.
const DEFAULT_RETENTION: usize = 1440;

/// Settings of a JSON exporter; see [`JsonExporter::new`](super::JsonExporter::new).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonConfig {
    /// Where the files go; it is made when it is not there. Each process needs one of its own, since retention
    /// counts all files in it. It may neither contain `..` nor lead through a symbolic link.
    pub directory: PathBuf,
    /// How many files are kept, the newest; 1440 by default, a day at the default interval.
    pub retention_files: usize,
    /// For how long files are kept, by the time in their names; by default until `retention_files` are reached.
    pub retention_age: Option<Duration>,
    /// From one file to the next; 60 seconds by default.
    pub interval: Duration,
    /// Labels on every series, such as the instance or the region. Where a metric that is declared later has a
    /// label of that name, the metric's own wins.
    pub const_labels: Vec<(String, String)>,
}

impl Default for JsonConfig {
    fn default() -> Self {
        Self {
            directory: PathBuf::from("metrics"),
            retention_files: DEFAULT_RETENTION,
            retention_age: None,
            interval: DEFAULT_INTERVAL,
            const_labels: Vec::new(),
        }
    }
}

/// Settings that are found right.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) directory: PathBuf,
    pub(super) retention_files: usize,
    pub(super) retention_age: Option<Duration>,
    pub(super) constant: Box<[ConstantLabel]>,
}

/// What made the exporter, as errors name it.
const OPERATION: &str = "create_json_exporter";

impl JsonConfig {
    pub(super) fn checked(&self) -> Result<Checked, MetricsError> {
        let wrong = |name: &str, reason: String| {
            setting::wrong(OPERATION, name, "invalid_variable", reason)
        };
        setting::check_interval(OPERATION, self.interval)?;
        let shown = self.directory.display().to_string();
        if self
            .directory
            .components()
            .any(|part| part == Component::ParentDir)
        {
            let reason = "the directory contains `..`; give the path without it";
            return Err(wrong(&shown, reason.to_owned()));
        }
        // Put together anew: a slash at the end would hide a symbolic link.
        let directory: PathBuf = self.directory.components().collect();
        if directory.as_os_str().is_empty() {
            return Err(wrong(&shown, "the directory is empty".to_owned()));
        }
        if let Some(link) = files::symlink_in(&directory) {
            return Err(wrong(&shown, files::symlink_reason(&link)));
        }
        if self.retention_files == 0 {
            let reason = "at least one file must be kept";
            return Err(wrong("retention_files", reason.to_owned()));
        }
        let constant = labels::constant(OPERATION, &self.const_labels)?;
        Ok(Checked {
            directory,
            retention_files: self.retention_files,
            retention_age: self.retention_age,
            constant: constant
                .iter()
                .map(|(name, value)| ConstantLabel::new(name, value))
                .collect(),
        })
    }
}
