//! The exporters that push which metrics are attached to, and their end.

use crate::error::{ErrorCategory, Fault, MetricsError};
use crate::export::push::Worker;
use crate::registry::Registry;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How long the last export may take where nobody says so.
pub(super) const LAST_EXPORT: Duration = Duration::from_secs(5);

/// The workers of one set of metrics.
#[derive(Debug, Default)]
pub(super) struct Attached(Mutex<Vec<Arc<Worker>>>);

impl Attached {
    pub(super) fn add(&self, worker: Arc<Worker>) {
        let mut workers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that were shut down have nothing to say any more.
        workers.retain(|other| !other.is_stopped() && !Arc::ptr_eq(other, &worker));
        workers.push(worker);
    }

    pub(super) fn has(&self, exporter: &str) -> bool {
        self.names().iter().any(|name| name == exporter)
    }

    /// The names of the exporters that have not ended.
    pub(super) fn names(&self) -> Vec<String> {
        let workers = self.workers();
        let alive = workers.iter().filter(|worker| !worker.is_stopped());
        alive.map(|worker| worker.exporter().to_owned()).collect()
    }

    fn workers(&self) -> Vec<Arc<Worker>> {
        let workers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        workers.clone()
    }

    /// Exports everywhere at once; the first error, if there is one.
    pub(super) async fn export(&self) -> Result<(), MetricsError> {
        // Asked before the first is awaited, so that they all work at the same time.
        let asked: Vec<_> = self
            .workers()
            .iter()
            .map(|worker| worker.export())
            .collect();
        let mut result = Ok(());
        for export in asked {
            result = result.and(export.await);
        }
        result
    }

    /// Exports for the last time and ends, everywhere at once. Blocks the thread until the deadline at most.
    pub(super) fn shut_down(&self, deadline: Instant) -> Result<(), MetricsError> {
        shut_down(&self.workers(), deadline)
    }

    /// As [`shut_down`](Self::shut_down), without blocking: it is waited for on a thread of its own, since there may
    /// be no timer in the caller's runtime.
    pub(super) async fn shutdown(&self, deadline: Instant) -> Result<(), MetricsError> {
        let workers = self.workers();
        if workers.is_empty() {
            return Ok(());
        }
        for worker in &workers {
            worker.stop(deadline);
        }
        let (done, finished) = oneshot::channel();
        let waiting = std::thread::Builder::new()
            .name("metrics-shutdown".into())
            .spawn(move || {
                // Nobody may be waiting any more.
                let _ = done.send(shut_down(&workers, deadline));
            });
        match waiting {
            Ok(_) => finished.await.unwrap_or(Ok(())),
            // They end all the same, but there is no thread to wait on.
            Err(error) => {
                let reason = format!("cannot wait for the last export: {error}");
                let fault = Fault::new(ErrorCategory::Export, "io", reason);
                Err(MetricsError::new("shutdown", "push", fault, None))
            }
        }
    }

    /// The metrics are not used any more. An exporter that has no others exports them for the last time, and ends.
    pub(super) fn retire(&self, registry: &Arc<Registry>) {
        let workers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for worker in workers.iter() {
            worker.retire(registry);
            if Arc::strong_count(worker) == 1 {
                worker.stop(Instant::now() + LAST_EXPORT);
            }
        }
    }
}

fn shut_down(workers: &[Arc<Worker>], deadline: Instant) -> Result<(), MetricsError> {
    for worker in workers {
        worker.stop(deadline);
    }
    // A little longer than the exports themselves may take, so that their own errors are heard.
    let deadline = deadline + Duration::from_millis(50);
    let mut result = Ok(());
    // All of them, be the first in time or not.
    for worker in workers {
        result = result.and(worker.wait(deadline));
    }
    result
}
