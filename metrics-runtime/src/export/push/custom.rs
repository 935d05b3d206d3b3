//! An exporter that the user wrote, behind the driver.

use super::{Boxed, Failure, Push, Reader, Round};
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
    /// Recordings of the snapshots that it took.
    delivered: u64,
}

impl Custom {
    pub(crate) const fn new(call: Call) -> Self {
        Self { call, delivered: 0 }
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
            let families = round.sources.families("");
            let recorded = Reader::default().recordings(&families);
            round.account.pending(recorded.wrapping_sub(self.delivered));
            let snapshot = snapshot::of_families(&families);
            // The call itself may panic, before there is a future.
            let future = catch_unwind(AssertUnwindSafe(|| (self.call)(snapshot)))
                .map_err(|panic| panicked(&*panic))?;
            match caught(future).await {
                Ok(Ok(())) => {
                    round
                        .account
                        .delivered(recorded.wrapping_sub(self.delivered));
                    round.account.pending(0);
                    self.delivered = recorded;
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
