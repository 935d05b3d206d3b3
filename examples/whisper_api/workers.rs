//! The workers: each runs one job after the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use instrumetrics::job_metric;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::warn;

use crate::engine::{EngineError, Segment, Transcriber};
use crate::jobs::{End, JobBoard, Started};
use crate::telemetry::{self, Model};
use crate::wav::Audio;

/// How long a cancelled job may take to stop before the service ends without it.
const STOPPING: Duration = Duration::from_secs(2);

/// The workers of a service.
#[derive(Debug)]
pub(crate) struct Pool {
    board: Arc<JobBoard>,
    workers: JoinSet<()>,
}

impl Pool {
    /// Starts `size` workers that take jobs from `board`.
    pub(crate) fn start(board: &Arc<JobBoard>, engine: &Arc<dyn Transcriber>, size: usize) -> Self {
        telemetry::workers().set(size);
        let mut workers = JoinSet::new();
        for _ in 0..size {
            workers.spawn(work(Arc::clone(board), Arc::clone(engine)));
        }
        Self {
            board: Arc::clone(board),
            workers,
        }
    }

    /// Takes no more jobs, lets the running ones finish until `deadline`, and cancels the rest.
    pub(crate) async fn stop(mut self, deadline: impl Future<Output = ()>) {
        self.board.close();
        tokio::select! {
            () = self.idle() => return,
            () = deadline => {}
        }
        self.board.cancel_running();
        if timeout(STOPPING, self.idle()).await.is_err() {
            warn!("a cancelled job has not stopped");
        }
    }

    async fn idle(&mut self) {
        while self.workers.join_next().await.is_some() {}
    }
}

async fn work(board: Arc<JobBoard>, engine: Arc<dyn Transcriber>) {
    while let Some(job) = board.next().await {
        let id = job.id.clone();
        let begin = Instant::now();
        // A task of its own, so that a panic in the engine ends the job and not the worker.
        let end = match tokio::spawn(attempt(job, Arc::clone(&engine))).await {
            Ok(end) => end,
            Err(error) if error.is_cancelled() => End::Cancelled,
            Err(_) => {
                telemetry::errors_total("engine", "panicked").inc();
                End::Failed(EngineError {
                    message: "the engine panicked".to_owned(),
                })
            }
        };
        if let End::Failed(error) = &end {
            warn!(%id, %error, "job failed");
        }
        board.finish(&id, end, begin.elapsed());
    }
}

/// Runs a job until it ends or is told to stop.
///
/// The job comes first in the `select!`: it is polled once even if it was cancelled between the queue and here.
/// From that poll on it is counted, and nothing else would count it.
async fn attempt(job: Started, engine: Arc<dyn Transcriber>) -> End {
    let run = run_job(
        engine.as_ref(),
        job.model,
        &job.language,
        &job.audio,
        job.queued_at,
    );
    tokio::select! {
        biased;
        result = run => match result {
            Ok(segments) => End::Done(segments),
            Err(error) => End::Failed(error),
        },
        () = job.cancel.notified() => End::Cancelled,
    }
}

/// A job from its first moment to its last; dropped on the way, it is a cancelled one.
#[job_metric(
    telemetry::jobs(model, language),
    audio_seconds = audio.seconds(),
    queued_since = queued_at
)]
async fn run_job(
    engine: &dyn Transcriber,
    model: Model,
    language: &str,
    audio: &Audio,
    queued_at: Instant,
) -> Result<Vec<Segment>, EngineError> {
    let result = engine.transcribe(model, language, audio).await;
    match &result {
        Ok(segments) => telemetry::segments_total(model).inc_by(segments.len()),
        Err(_) => telemetry::errors_total("engine", "failed").inc(),
    }
    result
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "counts are whole")]
mod tests {
    use std::future::pending;

    use axum::body::Bytes;

    use super::*;
    use crate::engine::Transcription;
    use crate::job::JobId;
    use crate::wav::{self, tests::pcm16};

    /// Does what the language says.
    struct Scripted;

    impl Transcriber for Scripted {
        fn transcribe<'a>(
            &'a self,
            _: Model,
            language: &'a str,
            _: &'a Audio,
        ) -> Transcription<'a> {
            Box::pin(async move {
                tokio::task::yield_now().await;
                match language {
                    "fails" => Err(EngineError {
                        message: "as told".to_owned(),
                    }),
                    "panics" => panic!("as told"),
                    "hangs" | "stops" => pending().await,
                    _ => Ok(Vec::new()),
                }
            })
        }
    }

    fn start(workers: usize) -> (Arc<JobBoard>, Pool) {
        let board = Arc::new(JobBoard::new(1_000));
        let engine: Arc<dyn Transcriber> = Arc::new(Scripted);
        let pool = Pool::start(&board, &engine, workers);
        (board, pool)
    }

    async fn submit(board: &JobBoard, language: &str) -> JobId {
        let file = pcm16(16_000, std::iter::repeat_n(0.0, 160));
        let audio = wav::decode(Bytes::from(file)).expect("a WAV file");
        let submitted = board.submit(Model::Tiny, language, audio).await;
        submitted.expect("room in the queue")
    }

    async fn reach(board: &JobBoard, id: &JobId, state: &str) {
        let there = async {
            while board.view(&id.to_string()).expect("kept").state() != state {
                tokio::task::yield_now().await;
            }
        };
        let there = timeout(Duration::from_secs(10), there).await;
        there.unwrap_or_else(|_| unreachable!("never {state}"));
    }

    fn completed(language: &str, status: &str) -> f64 {
        let labels = [
            ("model", "tiny"),
            ("language", language),
            ("status", status),
        ];
        let snapshot = instrumetrics::snapshot();
        snapshot
            .counter("whisper_jobs_completed_total", &labels)
            .unwrap_or_default()
    }

    fn submitted(language: &str) -> f64 {
        let labels = [("model", "tiny"), ("language", language)];
        let snapshot = instrumetrics::snapshot();
        snapshot
            .counter("whisper_jobs_submitted_total", &labels)
            .unwrap_or_default()
    }

    #[track_caller]
    fn assert_counts(language: &str, success: f64, error: f64, cancelled: f64, panicked: f64) {
        let found =
            ["success", "error", "cancelled", "panicked"].map(|end| completed(language, end));
        assert_eq!(found, [success, error, cancelled, panicked]);
        assert_eq!(submitted(language), found.iter().sum::<f64>());
    }

    #[tokio::test]
    async fn every_end_is_counted_once() {
        let (board, pool) = start(1);
        let works = submit(&board, "works").await;
        let fails = submit(&board, "fails").await;
        let panics = submit(&board, "panics").await;
        let hangs = submit(&board, "hangs").await;
        reach(&board, &works, "done").await;
        reach(&board, &fails, "failed").await;
        reach(&board, &panics, "failed").await;
        reach(&board, &hangs, "running").await;
        board.cancel(&hangs.to_string()).expect("it runs");
        reach(&board, &hangs, "cancelled").await;
        pool.stop(pending()).await;
        assert_counts("works", 1.0, 0.0, 0.0, 0.0);
        assert_counts("fails", 0.0, 1.0, 0.0, 0.0);
        assert_counts("panics", 0.0, 0.0, 0.0, 1.0);
        assert_counts("hangs", 0.0, 0.0, 1.0, 0.0);
    }

    #[tokio::test]
    async fn stopping_cancels_what_does_not_end() {
        let (board, pool) = start(2);
        let first = submit(&board, "stops").await;
        let second = submit(&board, "stops").await;
        reach(&board, &second, "running").await;
        let third = submit(&board, "stops").await;
        pool.stop(tokio::time::sleep(Duration::from_millis(20)))
            .await;
        for id in [first, second, third] {
            reach(&board, &id, "cancelled").await;
        }
        assert_counts("stops", 0.0, 0.0, 3.0, 0.0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_cancel_that_races_with_the_start_counts_once() {
        let (board, pool) = start(3);
        let mut cancels = JoinSet::new();
        for number in 0..500 {
            let id = submit(&board, "races").await;
            let board = Arc::clone(&board);
            cancels.spawn(async move {
                for _ in 0..number % 7 {
                    tokio::task::yield_now().await;
                }
                // It may have finished.
                let _ = board.cancel(&id.to_string());
            });
        }
        cancels.join_all().await;
        pool.stop(pending()).await;
        let (success, cancelled) = (
            completed("races", "success"),
            completed("races", "cancelled"),
        );
        assert_counts("races", success, 0.0, cancelled, 0.0);
        assert_eq!(success + cancelled, 500.0);
        assert!(cancelled > 0.0);
    }
}
