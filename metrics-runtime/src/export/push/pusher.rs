//! An exporter that pushes, before and after its worker is started.

use super::{Push, Settings, Worker};
use crate::error::{ErrorCategory, Fault, MetricsError};
use crate::metrics::MetricsErrorConfig;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Makes what a worker does; called on the worker's thread.
type Make = Arc<dyn Fn() -> Box<dyn Push> + Send + Sync>;

/// What every exporter that pushes is inside: cheap to clone, clones share the worker.
///
/// The worker starts when the exporter is first attached to metrics, and ends with the last metrics that it is
/// attached to; attached once more, it starts again.
#[derive(Clone)]
pub(crate) struct Pusher {
    exporter: Arc<str>,
    settings: Settings,
    make: Make,
    worker: Arc<Mutex<Weak<Worker>>>,
}

impl Pusher {
    pub(crate) fn new(
        exporter: &str,
        settings: Settings,
        make: impl Fn() -> Box<dyn Push> + Send + Sync + 'static,
    ) -> Self {
        Self {
            exporter: exporter.into(),
            settings,
            make: Arc::new(make),
            worker: Arc::default(),
        }
    }

    /// The worker, started if there is none.
    ///
    /// # Errors
    ///
    /// `io` when there can be no further thread.
    pub(crate) fn worker(&self, errors: &MetricsErrorConfig) -> Result<Arc<Worker>, MetricsError> {
        let mut slot = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(worker) = slot.upgrade().filter(|worker| !worker.is_stopped()) {
            return Ok(worker);
        }
        let make = Arc::clone(&self.make);
        let worker = Worker::start(&self.exporter, self.settings, errors, move || make());
        let worker = worker.map_err(|error| {
            let reason = format!("its thread cannot be started: {error}");
            let fault = Fault::new(ErrorCategory::Export, "io", reason);
            MetricsError::new("attach", &*self.exporter, fault, None)
        })?;
        let worker = Arc::new(worker);
        *slot = Arc::downgrade(&worker);
        Ok(worker)
    }
}

impl fmt::Debug for Pusher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pusher")
            .field("exporter", &self.exporter)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
