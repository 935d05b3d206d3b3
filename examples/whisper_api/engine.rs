//! What turns audio into a transcript: the trait, and where a speech model goes.
//!
//! The engine that comes with this example, [`crate::detector::EnergyDetector`], finds *where* somebody
//! speaks. It does not find the words: that takes a model of some hundred megabytes, which an example about
//! metrics should not make anybody download.
//!
//! # Plugging in a model
//!
//! Implement [`Transcriber`] over, say, the crate `whisper-rs`, and give it to the pool in `main.rs`. Its
//! input, mono samples at 16 kHz, is what [`crate::resample::Resampler`] makes of an [`Audio`]. Two things to
//! heed:
//!
//! - The model computes for seconds without awaiting anything, so it belongs into
//!   `tokio::task::spawn_blocking`, or it would keep the service from answering meanwhile.
//! - A job is cancelled by dropping its future, and that does not stop a blocking task. Give the model an abort
//!   callback that reads an `Arc<AtomicBool>`, and set it in the `Drop` of a value that the future holds.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use serde::{Serialize, Serializer};

use crate::telemetry::Model;
use crate::wav::Audio;

/// What a [`Transcriber`] returns: boxed, so that the engine can be chosen when the service starts.
pub(crate) type Transcription<'a> =
    Pin<Box<dyn Future<Output = Result<Vec<Segment>, EngineError>> + Send + 'a>>;

/// A speech engine.
///
/// A job is cancelled by dropping the returned future. It must therefore await something at least every
/// 10 ms or so: until it does, it neither stops nor lets others run.
pub(crate) trait Transcriber: Send + Sync + 'static {
    /// Finds the segments of speech in `audio`, in their order.
    ///
    /// `language` is what the client asked for, `auto` if nothing; an engine may not know it.
    fn transcribe<'a>(
        &'a self,
        model: Model,
        language: &'a str,
        audio: &'a Audio,
    ) -> Transcription<'a>;
}

/// A stretch of speech, in hundredths of a second from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Segment {
    /// Where it begins.
    pub(crate) start: Hundredths,
    /// Where it ends.
    pub(crate) end: Hundredths,
}

/// A time in hundredths of a second; clients see it in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hundredths(u32);

impl Hundredths {
    /// The nearest one; what is negative is 0.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast from floating point saturates"
    )]
    pub(crate) fn from_seconds(seconds: f64) -> Self {
        Self((seconds * 100.0).round() as u32)
    }

    /// In seconds.
    pub(crate) fn seconds(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

impl Serialize for Hundredths {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.seconds())
    }
}

/// Why an engine could not do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) struct EngineError {
    /// What went wrong, for the client.
    pub(crate) message: String,
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EngineError {}
