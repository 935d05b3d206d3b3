//! An exporter that the user wrote, behind the driver.

use super::{Baseline, Boxed, Failure, Push, Round};
use crate::metrics::{ExportError, Exporter};
use crate::snapshot::{self, Snapshot};
use std::any::Any;
use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;

/// What a custom exporter is called with, and gives back, whatever it is.
pub(crate) type Call =
    Arc<dyn Fn(Snapshot) -> Boxed<'static, Result<(), ExportError>> + Send + Sync>;

/// A custom exporter: it gets a snapshot each time.
pub(crate) struct Custom {
    call: Call,
    /// What it took.
    baseline: Baseline,
}

impl Custom {
    pub(crate) fn new(call: Call) -> Self {
        Self {
            call,
            baseline: Baseline::default(),
        }
    }
}

/// The call of an exporter's method.
pub(crate) fn call_of(exporter: impl Exporter) -> Call {
    let exporter = Arc::new(exporter);
    Arc::new(move |snapshot| {
        let exporter = Arc::clone(&exporter);
        Box::pin(async move { exporter.export(snapshot).await })
    })
}

impl Push for Custom {
    fn push<'a>(&'a mut self, round: &'a Round<'a>) -> Boxed<'a, Result<(), Failure>> {
        Box::pin(async move {
            // Before the snapshot, which then has at least as much.
            self.baseline.read(round.sources);
            // A snapshot has all totals of what is there; what went away before it was taken is not in it.
            round.account.dropped(self.baseline.forget_gone());
            round.account.pending(self.baseline.pending());
            let snapshot = snapshot::of_families(&round.sources.families(""));
            // The call itself may panic, before there is a future.
            let future = catch_unwind(AssertUnwindSafe(|| (self.call)(snapshot)))
                .map_err(|panic| panicked(&*panic))?;
            match caught(future).await {
                Ok(Ok(())) => {
                    self.baseline.deliver_all_in(round.account);
                    Ok(())
                }
                Ok(Err(error)) => Err(failure(&*error)),
                Err(panic) => Err(panicked(&*panic)),
            }
        })
    }
}

/// The output of a future, or what it panicked with.
async fn caught<T>(mut future: Pin<Box<dyn Future<Output = T> + Send>>) -> std::thread::Result<T> {
    poll_fn(
        |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => std::task::Poll::Ready(Err(panic)),
        },
    )
    .await
}

fn failure(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Failure {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return Failure::io(error);
    }
    let error_type = error
        .downcast_ref::<crate::MetricsError>()
        .map_or("rejected", crate::MetricsError::error_type);
    Failure::new(error_type, error.to_string())
}

fn panicked(panic: &(dyn Any + Send)) -> Failure {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no text");
    Failure::new("rejected", format!("the exporter panicked: {text}"))
}
