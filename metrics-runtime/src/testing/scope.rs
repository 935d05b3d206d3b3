//! Scopes as users have them.

use super::everything;
use crate::cells::Holder;
use crate::snapshot::Snapshot;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// Numbers apart from those of the process and of other scopes.
///
/// What a thread records while it is in a scope is seen in that scope and nowhere else, and whatever reads metrics
/// while in the scope sees nothing else. So tests that run at the same time do not see each other's numbers,
/// though they share their metrics.
///
/// ```
/// use instrumetrics_runtime::testing::{Scope, assert_counter};
/// use instrumetrics_runtime::{Counter, Descriptor};
///
/// static LETTERS: Counter = Counter::new(&Descriptor::counter("mail_letters_total", "Letters."));
///
/// let scope = Scope::new();
/// scope.enter(|| LETTERS.inc_by(3));
/// assert_counter!(scope, "mail_letters_total", 3);
/// assert_eq!(LETTERS.value(), 0, "in the process nothing was recorded");
/// ```
///
/// Clones are the same scope. When the last one is gone, and no thread is inside, its numbers are gone too. Scopes
/// may be nested: what is recorded is recorded in the innermost one only.
///
/// A *call* (a function with an attribute, a [`JobGuard`](crate::JobGuard), a [`Timer`](crate::Timer)) is recorded in the scope
/// in which it began, wherever it ends. If that scope is gone by then, or was [reset](Self::reset), its end is not recorded.
#[derive(Clone, Debug)]
pub struct Scope {
    holder: Holder,
}

impl Scope {
    /// A scope in which nothing was recorded yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            holder: Holder::new(false),
        }
    }

    /// A scope in which time stands still but for [`advance`](Self::advance).
    ///
    /// That is the time that calls and timers measure, and that limits on operations a second go by. It has nothing to do
    /// with `std::time::Instant`, `tokio::time`, or `queued_since` of `job_metric`, which is an `Instant`.
    #[must_use]
    pub fn with_clock() -> Self {
        Self {
            holder: Holder::new(true),
        }
    }

    /// The scope that this thread is in: for a task or a thread that is started, which does not inherit it.
    #[must_use]
    pub fn current() -> Option<Self> {
        Some(Self {
            holder: Holder::current()?,
        })
    }

    /// Runs a future in this scope, on whatever threads it is polled, until it is dropped. What it leaves behind
    /// when it is cancelled is dropped in the scope as well.
    ///
    /// A task that it spawns is a future of its own and needs a `run` of its own.
    pub fn run<F: Future>(&self, future: F) -> Scoped<F> {
        Scoped {
            scope: self.clone(),
            future: Some(Box::pin(future)),
        }
    }

    /// Runs a closure in this scope. It does not reach into threads that it starts, nor into a future that it returns.
    pub fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        let _entered = self.holder.enter();
        f()
    }

    /// A snapshot of all metrics, declared and by name, with the numbers of this scope.
    ///
    /// Series whose labels have known values are there at zero. Others are left out until something is recorded
    /// in this scope. Gauges that ask a closure ask it in every scope.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.enter(everything)
    }

    /// Sets every number to zero; a clock goes on.
    ///
    /// Calls that are under way are not recorded when they end. What other threads record in this scope at
    /// this very moment may survive, with what they recorded before in the same series: wait for them first.
    pub fn reset(&self) {
        self.holder.reset();
    }

    /// Lets time pass on the clock of this scope.
    ///
    /// # Panics
    ///
    /// If the scope was not made by [`with_clock`](Self::with_clock).
    #[track_caller]
    pub fn advance(&self, by: Duration) {
        assert!(
            self.holder.advance(by),
            "this scope has no clock to advance: make it with `Scope::with_clock()`"
        );
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self::new()
    }
}

/// A future that runs in a scope; see [`Scope::run`].
#[must_use = "futures do nothing unless polled"]
pub struct Scoped<F> {
    scope: Scope,
    /// Boxed, because only that can be polled and dropped here without `unsafe`. `None` while it is dropped.
    future: Option<Pin<Box<F>>>,
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Self { scope, future } = &mut *self;
        match future {
            Some(future) => scope.enter(|| future.as_mut().poll(context)),
            None => Poll::Pending,
        }
    }
}

impl<F> Drop for Scoped<F> {
    fn drop(&mut self) {
        let future = self.future.take();
        self.scope.enter(|| drop(future));
    }
}

impl<F> fmt::Debug for Scoped<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scoped")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
