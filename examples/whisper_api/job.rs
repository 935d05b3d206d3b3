//! A job: its id, what is kept of it, and what its client sees.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Serialize, Serializer};
use tokio::sync::Notify;

use crate::engine::Segment;
use crate::telemetry::Model;
use crate::wav::Audio;

/// What a client uses to ask for its job; not to be guessed by another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct JobId(Arc<str>);

impl JobId {
    /// An id for the job of this number.
    pub(crate) fn new(number: u64) -> Self {
        // Seeded from the operating system's randomness, and keyed.
        let random = RandomState::new().hash_one(number);
        Self(format!("{number:x}-{random:016x}").into())
    }
}

impl Borrow<str> for JobId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for JobId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// What a client sees of a job.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct JobView {
    id: JobId,
    state: &'static str,
    model: &'static str,
    language: Arc<str>,
    audio_seconds: f64,
    processing_seconds: Option<f64>,
    segments: Arc<[Segment]>,
    error: Option<Arc<str>>,
}

#[cfg(test)]
impl JobView {
    /// The state's name.
    pub(crate) fn state(&self) -> &'static str {
        self.state
    }
}

/// A job as the service keeps it.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) model: Model,
    pub(crate) language: Arc<str>,
    pub(crate) audio_seconds: f64,
    pub(crate) processing: Option<Duration>,
    pub(crate) phase: Phase,
}

/// Where a job is on its way.
#[derive(Debug)]
pub(crate) enum Phase {
    Queued { audio: Audio, since: Instant },
    Running { cancel: Arc<Notify> },
    Done(Arc<[Segment]>),
    Failed(Arc<str>),
    Cancelled,
}

impl Record {
    /// What its client sees.
    pub(crate) fn view(&self, id: &JobId) -> JobView {
        let (state, segments, error) = match &self.phase {
            Phase::Queued { .. } => ("queued", Arc::default(), None),
            Phase::Running { .. } => ("running", Arc::default(), None),
            Phase::Done(segments) => ("done", Arc::clone(segments), None),
            Phase::Failed(error) => ("failed", Arc::default(), Some(Arc::clone(error))),
            Phase::Cancelled => ("cancelled", Arc::default(), None),
        };
        JobView {
            id: id.clone(),
            state,
            model: self.model.name(),
            language: Arc::clone(&self.language),
            audio_seconds: self.audio_seconds,
            processing_seconds: self.processing.as_ref().map(Duration::as_secs_f64),
            segments,
            error,
        }
    }
}
