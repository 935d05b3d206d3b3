//! The jobs: those that wait, those that run, and the last of those that finished.
//!
//! One lock guards them all, so a job is always in exactly one place, and whoever takes it out of there is the
//! one to say how it ended: it is counted once, however its client, its worker and the shutdown race.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use instrumetrics::job_metric;
use tokio::sync::{Notify, Semaphore};

use crate::engine::{EngineError, Segment};
use crate::job::{JobId, JobView, Phase, Record};
use crate::telemetry::{self, Model};
use crate::wav::Audio;

/// How many finished jobs are kept.
const KEPT: usize = 1_000;

/// Why a job was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// The queue is full.
    Full { capacity: usize },
    /// There will be no more jobs.
    ShuttingDown,
}

/// Why a job was not cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotCancelled {
    /// There is no such job.
    Unknown,
    /// It has finished.
    Finished,
}

/// How a job ended.
#[derive(Clone, Debug)]
pub(crate) enum End {
    Done(Vec<Segment>),
    Failed(EngineError),
    Cancelled,
}

/// A job that a worker has taken on.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) id: JobId,
    pub(crate) model: Model,
    pub(crate) language: Arc<str>,
    pub(crate) audio: Audio,
    pub(crate) queued_at: Instant,
    /// Notified when the job is to stop.
    pub(crate) cancel: Arc<Notify>,
}

/// All jobs.
#[derive(Debug)]
pub(crate) struct JobBoard {
    board: Mutex<Board>,
    /// A permit for each waiting job; closed when no more are handed out.
    ready: Semaphore,
    capacity: usize,
    kept: usize,
}

#[derive(Debug, Default)]
struct Board {
    records: HashMap<JobId, Record>,
    waiting: VecDeque<JobId>,
    finished: VecDeque<JobId>,
    accepted: u64,
    closed: bool,
}

impl JobBoard {
    /// With room for `capacity` waiting jobs.
    pub(crate) fn new(capacity: usize) -> Self {
        telemetry::queue_capacity().set(capacity);
        telemetry::queue_size().set(0);
        Self {
            board: Mutex::default(),
            ready: Semaphore::new(0),
            capacity,
            kept: KEPT,
        }
    }

    /// Puts a job into the queue; from here on it runs even if its client leaves.
    ///
    /// # Errors
    ///
    /// When the queue is full or closed.
    #[job_metric(telemetry::jobs(model, language), stage = submit)]
    pub(crate) async fn submit(
        &self,
        model: Model,
        language: &str,
        audio: Audio,
    ) -> Result<JobId, Rejected> {
        let mut board = self.lock();
        if board.closed {
            return Err(Rejected::ShuttingDown);
        }
        if board.waiting.len() >= self.capacity {
            return Err(Rejected::Full {
                capacity: self.capacity,
            });
        }
        board.accepted += 1;
        let id = JobId::new(board.accepted);
        let record = Record {
            model,
            language: language.into(),
            audio_seconds: audio.seconds(),
            processing: None,
            phase: Phase::Queued {
                audio,
                since: Instant::now(),
            },
        };
        board.records.insert(id.clone(), record);
        board.waiting.push_back(id.clone());
        board.measure();
        self.ready.add_permits(1);
        Ok(id)
    }

    /// The next job to run, once there is one; `None` when there will be no more.
    pub(crate) async fn next(&self) -> Option<Started> {
        loop {
            self.ready.acquire().await.ok()?.forget();
            // The job may have been cancelled meanwhile.
            if let Some(started) = self.lock().start() {
                return Some(started);
            }
        }
    }

    /// Records how a job ended that [`next`](Self::next) handed out.
    pub(crate) fn finish(&self, id: &JobId, end: End, processing: Duration) {
        let phase = match end {
            End::Done(segments) => Phase::Done(segments.into()),
            End::Failed(error) => Phase::Failed(error.message.into()),
            End::Cancelled => Phase::Cancelled,
        };
        let mut board = self.lock();
        if let Some(record) = board.records.get_mut(id) {
            record.processing = Some(processing);
            record.phase = phase;
        }
        board.retire(id.clone(), self.kept);
    }

    /// A job as its client sees it.
    pub(crate) fn view(&self, id: &str) -> Option<JobView> {
        let board = self.lock();
        let (id, record) = board.records.get_key_value(id)?;
        Some(record.view(id))
    }

    /// Cancels a job: one that waits at once, one that runs as soon as it lets others run.
    ///
    /// # Errors
    ///
    /// When there is no such job, or none any more.
    pub(crate) fn cancel(&self, id: &str) -> Result<JobView, NotCancelled> {
        let mut board = self.lock();
        let (id, record) = board
            .records
            .get_key_value(id)
            .ok_or(NotCancelled::Unknown)?;
        let id = id.clone();
        match &record.phase {
            Phase::Queued { .. } => {
                board.waiting.retain(|waiting| *waiting != id);
                board.measure();
                // A worker may be on its way with the permit; it will find another job, or wait again.
                if let Ok(permit) = self.ready.try_acquire() {
                    permit.forget();
                }
                board.withdraw(&id, self.kept);
            }
            Phase::Running { cancel } => cancel.notify_one(),
            Phase::Done(_) | Phase::Failed(_) | Phase::Cancelled => {
                return Err(NotCancelled::Finished);
            }
        }
        let record = board.records.get(&id).ok_or(NotCancelled::Unknown)?;
        Ok(record.view(&id))
    }

    /// Takes no more jobs and cancels those that wait.
    pub(crate) fn close(&self) {
        let mut board = self.lock();
        board.closed = true;
        self.ready.close();
        for id in std::mem::take(&mut board.waiting) {
            board.withdraw(&id, self.kept);
        }
        board.measure();
    }

    /// Cancels the jobs that run.
    pub(crate) fn cancel_running(&self) {
        for record in self.lock().records.values() {
            if let Phase::Running { cancel } = &record.phase {
                cancel.notify_one();
            }
        }
    }

    /// Nothing panics while holding the lock, so what it guards is whole even when poisoned.
    fn lock(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Board {
    fn start(&mut self) -> Option<Started> {
        let id = self.waiting.pop_front()?;
        self.measure();
        let record = self.records.get_mut(&id)?;
        let cancel = Arc::new(Notify::new());
        let running = Phase::Running {
            cancel: Arc::clone(&cancel),
        };
        let Phase::Queued { audio, since } = std::mem::replace(&mut record.phase, running) else {
            return None;
        };
        Some(Started {
            id,
            model: record.model,
            language: Arc::clone(&record.language),
            audio,
            queued_at: since,
            cancel,
        })
    }

    /// Ends a job that never ran.
    fn withdraw(&mut self, id: &JobId, kept: usize) {
        if let Some(record) = self.records.get_mut(id) {
            telemetry::jobs(record.model, &record.language).cancelled();
            record.phase = Phase::Cancelled;
        }
        self.retire(id.clone(), kept);
    }

    fn retire(&mut self, id: JobId, kept: usize) {
        self.finished.push_back(id);
        while self.finished.len() > kept {
            if let Some(oldest) = self.finished.pop_front() {
                self.records.remove(&oldest);
            }
        }
    }

    /// Under the lock, so that the last one to set the gauge is the last one to change the queue.
    fn measure(&self) {
        telemetry::queue_size().set(self.waiting.len());
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;

    use super::*;
    use crate::wav::{self, tests::pcm16};

    fn audio() -> Audio {
        let file = pcm16(16_000, std::iter::repeat_n(0.0, 160));
        wav::decode(Bytes::from(file)).expect("a WAV file")
    }

    async fn submit(board: &JobBoard) -> Result<JobId, Rejected> {
        board.submit(Model::Tiny, "jobs", audio()).await
    }

    fn state(board: &JobBoard, id: &JobId) -> Option<&'static str> {
        board.view(&id.to_string()).map(|view| view.state())
    }

    #[tokio::test]
    async fn the_queue_is_bounded_and_first_come_first_served() {
        let board = JobBoard::new(2);
        let first = submit(&board).await.expect("room");
        let second = submit(&board).await.expect("room");
        assert_eq!(submit(&board).await, Err(Rejected::Full { capacity: 2 }));

        assert_eq!(board.next().await.expect("a job").id, first);
        assert_eq!(state(&board, &first), Some("running"));
        assert_eq!(state(&board, &second), Some("queued"));
        submit(&board).await.expect("room again");
        assert_eq!(board.next().await.expect("a job").id, second);
    }

    #[tokio::test]
    async fn a_waiting_job_is_cancelled_at_once() {
        let board = JobBoard::new(2);
        let first = submit(&board).await.expect("room");
        let second = submit(&board).await.expect("room");
        board.cancel(&first.to_string()).expect("it waits");
        assert_eq!(state(&board, &first), Some("cancelled"));
        assert_eq!(
            board.cancel(&first.to_string()).err(),
            Some(NotCancelled::Finished)
        );
        assert_eq!(board.cancel("none").err(), Some(NotCancelled::Unknown));
        submit(&board).await.expect("its place is free");
        assert_eq!(board.next().await.expect("a job").id, second);
    }

    #[tokio::test]
    async fn a_closed_board_hands_out_nothing() {
        let board = JobBoard::new(2);
        let id = submit(&board).await.expect("room");
        board.close();
        assert_eq!(state(&board, &id), Some("cancelled"));
        assert_eq!(submit(&board).await, Err(Rejected::ShuttingDown));
        assert!(board.next().await.is_none());
    }

    #[tokio::test]
    async fn the_oldest_finished_jobs_are_forgotten() {
        let board = JobBoard {
            kept: 2,
            ..JobBoard::new(1)
        };
        let mut ids = Vec::new();
        for _ in 0..4 {
            ids.push(submit(&board).await.expect("room"));
            let job = board.next().await.expect("a job");
            board.finish(&job.id, End::Done(Vec::new()), Duration::ZERO);
        }
        let states: Vec<_> = ids.iter().map(|id| state(&board, id)).collect();
        assert_eq!(states, [None, None, Some("done"), Some("done")]);
        assert_eq!(board.lock().records.len(), 2);
    }
}
