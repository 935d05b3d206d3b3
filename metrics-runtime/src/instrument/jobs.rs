//! The job set: what a queue with workers needs to show.

use super::{Counter, Gauge, Histogram};
use crate::declared::{Declared, Kept};
use crate::descriptor::Descriptor;
use crate::guard::{Guard, Target};
use crate::label::LabelSet;
use crate::number::Number;
use crate::outcome::Outcome;
use crate::recording::recording;
use std::fmt;
use std::time::Instant;

/// The metrics of one kind of job, for one combination of labels.
///
/// | metric | type | labels | when |
/// | --- | --- | --- | --- |
/// | `jobs_submitted_total` | counter | the labels | [`submitted`](Self::submitted) |
/// | `jobs_processing` | gauge | none | from [`start`](Self::start) to any end |
/// | `jobs_completed_total` | counter | the labels, `status` | once, on any end, or [`cancelled`](Self::cancelled) |
/// | `job_duration_seconds` | histogram | the labels | once, on any end |
///
/// `status` is `success`, `error`, `cancelled` or `panicked`.
#[derive(Clone)]
pub struct Jobs {
    set: &'static JobSet,
    labels: Kept,
}

/// The descriptors of a job set.
#[doc(hidden)]
#[derive(Debug)]
pub struct JobDescriptors {
    pub submitted: Descriptor,
    pub processing: Descriptor,
    pub completed: Descriptor,
    pub duration: Descriptor,
    pub audio_seconds: Descriptor,
    pub realtime_factor: Descriptor,
    pub queue_seconds: Descriptor,
}

/// The families of a job set, as a `static`.
#[doc(hidden)]
#[derive(Debug)]
pub struct JobSet {
    submitted: Declared<Counter>,
    processing: Declared<Gauge>,
    completed: Declared<Counter>,
    duration: Declared<Histogram>,
    audio_seconds: Declared<Counter<f64>>,
    realtime_factor: Declared<Histogram>,
    queue_seconds: Declared<Histogram>,
}

impl JobSet {
    #[must_use]
    pub const fn new(descriptors: &'static JobDescriptors) -> Self {
        Self {
            submitted: Declared::new(&descriptors.submitted),
            processing: Declared::new(&descriptors.processing),
            completed: Declared::with_outcome(&descriptors.completed),
            duration: Declared::new(&descriptors.duration),
            audio_seconds: Declared::new(&descriptors.audio_seconds),
            realtime_factor: Declared::new(&descriptors.realtime_factor),
            queue_seconds: Declared::new(&descriptors.queue_seconds),
        }
    }

    /// The descriptors: of the four families that every job set has, then of those that an attribute may add.
    #[must_use]
    pub const fn descriptors(&self) -> [&'static Descriptor; 7] {
        [
            self.submitted.descriptor(),
            self.processing.descriptor(),
            self.completed.descriptor(),
            self.duration.descriptor(),
            self.audio_seconds.descriptor(),
            self.realtime_factor.descriptor(),
            self.queue_seconds.descriptor(),
        ]
    }

    /// Registers the four families that every job set has.
    pub fn register<L: LabelSet>(&'static self) {
        self.submitted.register::<L>();
        self.processing.register::<()>();
        self.completed.register::<L>();
        self.duration.register::<L>();
    }

    /// Registers what `audio_seconds = ..` adds.
    pub fn register_audio<L: LabelSet>(&'static self) {
        self.audio_seconds.register::<L>();
        self.realtime_factor.register::<L>();
    }

    /// Registers what `queued_since = ..` adds.
    pub fn register_queued<L: LabelSet>(&'static self) {
        self.queue_seconds.register::<L>();
    }

    /// The set for these label values.
    pub fn with<L: LabelSet>(&'static self, labels: L) -> Jobs {
        self.register::<L>();
        Jobs {
            set: self,
            labels: Kept::new(labels),
        }
    }
}

impl Jobs {
    /// Counts a job that was accepted.
    pub fn submitted(&self) {
        if recording() {
            self.submitted_unasked();
        }
    }

    /// Counts a job that was withdrawn before it ran: completed as cancelled, without a duration.
    pub fn cancelled(&self) {
        if recording() {
            self.completed(Outcome::Cancelled);
        }
    }

    /// Begins a job that is not one function. Dropped without [`finish`](JobGuard::finish), it counts as
    /// cancelled, or as panicked while its thread unwinds.
    #[must_use = "the job ends when the guard is dropped"]
    pub fn start(&self) -> JobGuard {
        JobGuard(recording().then(|| Guard::enter(JobRun::new(self.clone()))))
    }

    fn submitted_unasked(&self) {
        self.set
            .submitted
            .at(&self.labels, &[], Outcome::Success)
            .inc_begun();
    }

    fn completed(&self, outcome: Outcome) {
        self.set
            .completed
            .at(&self.labels, &[], outcome)
            .inc_begun();
    }
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs")
            .field("completed", &self.set.completed.descriptor().name)
            .field("labels", &self.labels)
            .finish_non_exhaustive()
    }
}

/// A job that runs; see [`Jobs::start`].
#[derive(Debug)]
#[must_use = "the job ends when the guard is dropped"]
pub struct JobGuard(Option<Guard<JobRun>>);

impl JobGuard {
    /// Ends the job.
    pub fn finish(self, outcome: Outcome) {
        if let Some(guard) = self.0 {
            guard.finish(outcome, &[]);
        }
    }
}

/// What a job's guard records into.
#[doc(hidden)]
#[derive(Debug)]
pub struct JobRun {
    jobs: Jobs,
    audio_seconds: Option<f64>,
}

impl JobRun {
    #[must_use]
    pub const fn new(jobs: Jobs) -> Self {
        Self {
            jobs,
            audio_seconds: None,
        }
    }

    /// With the length of the audio, in seconds, that this job processes.
    #[must_use]
    pub fn audio_seconds(mut self, seconds: impl Number) -> Self {
        self.audio_seconds = Some(seconds.real());
        self
    }

    /// Observes the time since the job was queued.
    #[must_use]
    pub fn queued_since(self, since: Instant) -> Self {
        self.jobs
            .set
            .queue_seconds
            .at(&self.jobs.labels, &[], Outcome::Success)
            .observe_unasked(since.elapsed().as_secs_f64());
        self
    }
}

impl Target for JobRun {
    const TIMED: bool = true;

    fn in_flight(&self) -> Option<u32> {
        Some(self.jobs.set.processing.with(()).enter())
    }

    fn ended(&self, outcome: Outcome, _: &[&str], seconds: f64) {
        let Jobs { set, labels } = &self.jobs;
        self.jobs.completed(outcome);
        set.duration
            .at(labels, &[], outcome)
            .observe_unasked(seconds);
        if let (Outcome::Success, Some(audio)) = (outcome, self.audio_seconds) {
            set.audio_seconds
                .at(labels, &[], outcome)
                .inc_by_begun(audio);
            // Without audio there is no factor.
            if audio > 0.0 {
                set.realtime_factor
                    .at(labels, &[], outcome)
                    .observe_unasked(seconds / audio);
            }
        }
    }
}

/// What the guard of a submitting call records into.
#[doc(hidden)]
#[derive(Debug)]
pub struct Submit(pub Jobs);

impl Target for Submit {
    const TIMED: bool = false;

    fn ended(&self, outcome: Outcome, _: &[&str], _: f64) {
        if outcome == Outcome::Success {
            self.0.submitted_unasked();
        }
    }
}
