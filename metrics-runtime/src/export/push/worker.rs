//! A thread that exports now and then, and when it is asked to.
//!
//! In one file, since its two ends, what is asked of the thread and what the thread does, are read together.

use super::backoff::Backoff;
use super::follower::Follower;
use super::{Account, Failure, Push, Round, Settings};
use crate::error::MetricsError;
use crate::export::sources::Sources;
use crate::metrics::MetricsErrorConfig;
use crate::registry::{Reader, Registry};
use crate::report;
use std::fmt;
use std::future::pending;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{sleep_until, timeout, timeout_at};

/// Exports that wait at one time; a further one is refused.
const MOST_WAITING: usize = 64;

/// Sets of metrics by name that are kept until their last recordings are delivered.
const MOST_RETIRED: usize = 64;

/// The result of one export.
pub(crate) type Flushed = Result<(), MetricsError>;

/// The worker of an exporter. It exports for the last time, and ends, when it is stopped or this is dropped.
pub(crate) struct Worker {
    exporter: Arc<str>,
    sources: Sources,
    reader: Weak<Reader>,
    requests: mpsc::Sender<Request>,
    stop: watch::Sender<Option<Instant>>,
    done: Arc<Done>,
}

enum Request {
    /// Exports now and says how it went.
    Export(oneshot::Sender<Flushed>),
    /// A set of metrics by name that nobody uses any more, with what was recorded last.
    Retire(Arc<Registry>),
}

impl Worker {
    /// Starts the thread. What it does is made there.
    ///
    /// # Errors
    ///
    /// When there can be no further thread, or no runtime (no further file).
    pub(crate) fn start(
        exporter: &Arc<str>,
        settings: Settings,
        errors: &MetricsErrorConfig,
        push: impl FnOnce() -> Box<dyn Push> + Send + 'static,
    ) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map(Background::new)?;
        report::log_exports_of(exporter, errors);
        let (worker, state) = Self::parts(exporter, settings, errors);
        let over = Over {
            exporter: Arc::clone(exporter),
            done: Arc::clone(&worker.done),
        };
        // The application chose the exporter's name, and that of a thread may not contain a zero.
        let name = format!("metrics-{exporter}").replace('\0', "_");
        std::thread::Builder::new().name(name).spawn(move || {
            // In this order, so that even after a panic who is told of the end finds the requests closed.
            let over = over;
            let state = state;
            let mut push = push();
            if let Some(result) = runtime.block_on(state.run(&mut *push)) {
                // Before the exporter is dropped, which may be the application's code too.
                over.done.set(result);
            }
        })?;
        Ok(worker)
    }

    /// The worker, and what its thread works with.
    fn parts(
        exporter: &Arc<str>,
        settings: Settings,
        errors: &MetricsErrorConfig,
    ) -> (Self, State) {
        let exporter = Arc::clone(exporter);
        let sources = Sources::new(&exporter);
        let (requests, requested) = mpsc::channel(MOST_WAITING);
        let (stop, stopping) = watch::channel(None);
        let follower = Follower::new();
        let reader = follower.reader();
        let state = State {
            settings,
            follower,
            sources: sources.clone(),
            account: Account::new(&exporter),
            errors: errors.clone(),
            requested,
            stopping,
            retired: Vec::new(),
        };
        let worker = Self {
            exporter,
            sources,
            reader,
            requests,
            stop,
            done: Arc::default(),
        };
        (worker, state)
    }

    pub(crate) fn exporter(&self) -> &str {
        &self.exporter
    }

    /// Exports these metrics by name too.
    pub(crate) fn attach(&self, registry: &Arc<Registry>) {
        self.sources.attach(registry);
        registry.expect_reader(Weak::clone(&self.reader));
    }

    /// A set of metrics by name will not be used any more: it is exported soon, and kept until that succeeded.
    pub(crate) fn retire(&self, registry: &Arc<Registry>) {
        // Where too many wait there is nothing to be done about it without waiting.
        let _ = self
            .requests
            .try_send(Request::Retire(Arc::clone(registry)));
    }

    /// Asks for an export now. The future needs no runtime.
    pub(crate) fn export(&self) -> impl Future<Output = Flushed> + Send + use<> {
        let (reply, replied) = oneshot::channel();
        let asked = self.requests.try_send(Request::Export(reply));
        let exporter = Arc::clone(&self.exporter);
        async move {
            let failure = match asked {
                Ok(()) => match replied.await {
                    Ok(result) => return result,
                    Err(_) => Failure::new("rejected", "the exporter is shut down"),
                },
                Err(mpsc::error::TrySendError::Full(_)) => {
                    Failure::new("rejected", format!("{MOST_WAITING} exports wait already"))
                }
                Err(mpsc::error::TrySendError::Closed(_)) => {
                    Failure::new("rejected", "the exporter is shut down")
                }
            };
            Err(MetricsError::new("export", &*exporter, failure.fault, None))
        }
    }

    /// Whether it was stopped.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.borrow().is_some() || self.requests.is_closed()
    }

    /// Tells it to export for the last time, until the deadline, and to end.
    pub(crate) fn stop(&self, deadline: Instant) {
        self.stop.send_replace(Some(deadline));
    }

    /// Waits until it has ended, and returns how the last export went. Blocks the thread.
    pub(crate) fn wait(&self, deadline: Instant) -> Flushed {
        self.done.wait(deadline).unwrap_or_else(|| {
            let failure = Failure::new("timeout", "the last export did not end in time");
            Err(MetricsError::new(
                "shutdown",
                &*self.exporter,
                failure.fault,
                None,
            ))
        })
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("exporter", &self.exporter)
            .finish_non_exhaustive()
    }
}

/// The result of the last export, once there is one.
#[derive(Default)]
struct Done {
    result: Mutex<Option<Flushed>>,
    set: Condvar,
}

impl Done {
    fn set(&self, result: Flushed) {
        let mut slot = self.result.lock().unwrap_or_else(PoisonError::into_inner);
        slot.get_or_insert(result);
        self.set.notify_all();
    }

    fn wait(&self, deadline: Instant) -> Option<Flushed> {
        let slot = self.result.lock().unwrap_or_else(PoisonError::into_inner);
        let left = deadline.saturating_duration_since(Instant::now());
        let (slot, _) = self
            .set
            .wait_timeout_while(slot, left, |result| result.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        slot.clone()
    }
}

/// Says that the thread is over even if it panicked.
struct Over {
    exporter: Arc<str>,
    done: Arc<Done>,
}

impl Drop for Over {
    fn drop(&mut self) {
        let failure = Failure::new("rejected", "the exporter's thread ended early");
        let error = MetricsError::new("shutdown", &*self.exporter, failure.fault, None);
        self.done.set(Err(error));
    }
}

/// A runtime whose end waits for nothing: neither for a task that the exporter left behind on a thread of the
/// runtime's, nor, where it is dropped in another runtime, by panicking.
struct Background(Option<Runtime>);

impl Background {
    const fn new(runtime: Runtime) -> Self {
        Self(Some(runtime))
    }

    /// `None` only after its end.
    fn block_on<F: Future>(&self, future: F) -> Option<F::Output> {
        self.0.as_ref().map(|runtime| runtime.block_on(future))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// What the thread works with.
struct State {
    settings: Settings,
    follower: Follower,
    sources: Sources,
    account: Account,
    errors: MetricsErrorConfig,
    requested: mpsc::Receiver<Request>,
    stopping: watch::Receiver<Option<Instant>>,
    /// Kept until an export succeeded.
    retired: Vec<Arc<Registry>>,
}

impl State {
    async fn run(mut self, push: &mut dyn Push) -> Flushed {
        let mut backoff = Backoff::new(self.settings.interval);
        let mut next = later(self.settings.interval);
        let mut pause = self.settings.pause.map(later);
        let mut waiting = Vec::new();
        loop {
            let mut is_due = true;
            tokio::select! {
                biased;
                () = stopped(&mut self.stopping) => break,
                request = self.requested.recv() => match request {
                    Some(request) => self.take(request, &mut waiting),
                    None => break,
                },
                () = sleep_until(next.into()) => {}
                () = reached(pause) => is_due = false,
            }
            // Asked for its time rather than only waited for, so that exports in close order do not keep it off.
            if pause.is_some_and(|pause| pause <= now()) {
                self.meanwhile(push).await;
                pause = self.settings.pause.map(later);
            }
            if !is_due {
                continue;
            }
            self.take_all(&mut waiting);
            if self.requested.is_closed() {
                // Nobody is left to ask for more: this one is the last.
                break;
            }
            let deadline = later(self.settings.timeout);
            let result = self.round(push, deadline, false).await;
            next = match &result {
                Ok(()) => {
                    backoff.succeeded();
                    self.retired.clear();
                    later(self.settings.interval)
                }
                Err(failure) if failure.settled => {
                    backoff.succeeded();
                    self.retired.clear();
                    later(self.settings.interval)
                }
                Err(failure) => later(backoff.failed(failure.retry_after)),
            };
            let result = result.map_err(|failure| self.failed("export", failure));
            for reply in waiting.drain(..) {
                // Who asked may have gone.
                let _ = reply.send(result.clone());
            }
        }
        let deadline = *self.stopping.borrow();
        let deadline = deadline.unwrap_or_else(|| later(self.settings.timeout));
        // What was recorded last may be in a set that was retired a moment ago.
        self.take_all(&mut waiting);
        let result = self.round(push, deadline, true).await;
        self.account.ended();
        let result = result.map_err(|failure| self.failed("shutdown", failure));
        for reply in waiting {
            let _ = reply.send(result.clone());
        }
        result
    }

    fn take_all(&mut self, waiting: &mut Vec<oneshot::Sender<Flushed>>) {
        while let Ok(request) = self.requested.try_recv() {
            self.take(request, waiting);
        }
    }

    fn take(&mut self, request: Request, waiting: &mut Vec<oneshot::Sender<Flushed>>) {
        match request {
            Request::Export(reply) => waiting.push(reply),
            Request::Retire(registry) => {
                if self.retired.len() < MOST_RETIRED {
                    // It may have been forgotten by now.
                    self.sources.attach(&registry);
                    self.retired.push(registry);
                }
            }
        }
    }

    /// One export, cut off at the deadline, or at that of a stop that comes meanwhile.
    async fn round(
        &mut self,
        push: &mut dyn Push,
        deadline: Instant,
        last: bool,
    ) -> Result<(), Failure> {
        let round = Round {
            sources: &self.sources,
            account: &self.account,
            deadline,
            last,
        };
        let stopping = &mut self.stopping;
        let cut = async {
            if last {
                return pending::<()>().await;
            }
            stopped(stopping).await;
            let stop = *stopping.borrow();
            match stop {
                Some(stop) => sleep_until(cut_at(stop).into()).await,
                None => pending().await,
            }
        };
        let begun = Follower::begin(&self.sources);
        let exported = caught(async { push.push(&round).await });
        let result = tokio::select! {
            biased;
            result = timeout_at(deadline.into(), exported) => result.ok(),
            () = cut => None,
        };
        let unread = |failure| Failure {
            unread: true,
            ..failure
        };
        let result = match result {
            Some(Ok(result)) => result,
            Some(Err(Panicked)) => {
                let failure = Failure::new("encoding", "the exporter panicked");
                Err(unread(failure))
            }
            None => {
                let failure = Failure::new("timeout", "the export did not end in time");
                Err(unread(failure))
            }
        };
        if !result.as_ref().is_err_and(|failure| failure.unread) {
            self.follower.end(begun);
        }
        if result.is_ok() {
            self.account.succeeded();
        }
        result
    }

    /// What the exporter does between exports, until it is told to stop.
    async fn meanwhile(&mut self, push: &mut dyn Push) {
        let round = Round {
            sources: &self.sources,
            account: &self.account,
            deadline: later(self.settings.timeout),
            last: false,
        };
        let meanwhile = timeout(
            self.settings.timeout,
            caught(async { push.meanwhile(&round).await }),
        );
        let result = tokio::select! {
            biased;
            () = stopped(&mut self.stopping) => return,
            result = meanwhile => result,
        };
        let failure = match result {
            Ok(Ok(())) => return,
            Ok(Err(Panicked)) => Failure::new("encoding", "the exporter panicked"),
            Err(_) => Failure::new(
                "timeout",
                "what is done between exports did not end in time",
            ),
        };
        self.failed("export", failure);
    }

    /// Counts and logs a failure.
    fn failed(&self, operation: &'static str, failure: Failure) -> MetricsError {
        let error = MetricsError::new(operation, self.account.exporter(), failure.fault, None);
        report::export_failed(self.account.exporter(), &error, &self.errors);
        error
    }
}

/// The time by the runtime's clock, which tests set.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

fn later(by: Duration) -> Instant {
    let now = now();
    // A century is as good as for ever.
    now.checked_add(by)
        .unwrap_or_else(|| now + Duration::from_secs(3_000_000_000))
}

/// When an export under way is cut off that is told to stop: a quarter of the time is kept for the last one, which
/// may succeed where this one hangs.
fn cut_at(stop: Instant) -> Instant {
    let left = stop.saturating_duration_since(now());
    stop.checked_sub(left / 4).unwrap_or(stop)
}

async fn reached(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time.into()).await,
        None => pending().await,
    }
}

/// A future of the exporter's panicked.
struct Panicked;

/// A future whose panics end here, be it polled or dropped.
struct Caught<F>(Option<Pin<Box<F>>>);

fn caught<F: Future>(future: F) -> Caught<F> {
    Caught(Some(Box::pin(future)))
}

impl<F: Future> Future for Caught<F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = &mut self.0 else {
            return Poll::Pending;
        };
        catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)))
            .map_or(Poll::Ready(Err(Panicked)), |poll| poll.map(Ok))
    }
}

impl<F> Drop for Caught<F> {
    fn drop(&mut self) {
        let future = self.0.take();
        // Whatever it was, it is over.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(future)));
    }
}

/// Returns once it is told to stop.
async fn stopped(stopping: &mut watch::Receiver<Option<Instant>>) {
    if stopping.wait_for(Option::is_some).await.is_err() {
        // Dropped without a word: the requests end too, and say so.
        pending::<()>().await;
    }
}

#[cfg(test)]
mod tests;
