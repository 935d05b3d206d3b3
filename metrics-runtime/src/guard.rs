//! The guard of a call: whatever happens, its end is recorded exactly once.

use crate::cells::{self, Began};
use crate::clock;
use crate::declared::{Declared, Kept};
use crate::instrument::{Counter, Gauge, Histogram};
use crate::outcome::Outcome;

/// Records the end of a call: by [`finish`](Self::finish) when it returned, or when it is dropped because
/// the call was cancelled or panicked.
#[doc(hidden)]
#[derive(Debug)]
pub struct Guard<T: Target> {
    target: T,
    started: Option<clock::Reading>,
    /// The in-flight cells; zero when nothing is counted.
    in_flight: u32,
    dropped: OnDrop,
    began: Began,
}

/// What it means when the guard is dropped before `finish`.
#[derive(Clone, Copy, Debug)]
enum OnDrop {
    /// The end is recorded already.
    Finished,
    /// Of a future: cancelled, unless the thread began to unwind since.
    Ask { unwinding_on_entry: bool },
    /// Of a function that is not async: nothing but a panic leaves it early.
    Panicked,
}

/// What a guard records into.
#[doc(hidden)]
pub trait Target {
    /// Whether the clock is read.
    const TIMED: bool;

    /// Counts one more in flight, and returns where to count that it left.
    fn in_flight(&self) -> Option<u32> {
        None
    }

    /// Records the end, so many seconds after the beginning. `given` are the labels taken from the returned value, empty when there is none.
    fn ended(&self, outcome: Outcome, given: &[&str], seconds: f64);
}

impl<T: Target> Guard<T> {
    /// Begins a call of which the future may be dropped.
    pub fn enter(target: T) -> Self {
        let dropped = OnDrop::Ask {
            unwinding_on_entry: std::thread::panicking(),
        };
        Self::begin(target, dropped)
    }

    /// Begins a call that only returns or panics.
    pub fn enter_sync(target: T) -> Self {
        Self::begin(target, OnDrop::Panicked)
    }

    // Out of line, like `end`: a measured function that does not record then saves hardly a register.
    #[inline(never)]
    fn begin(target: T, dropped: OnDrop) -> Self {
        let began = Began::here();
        let in_flight = target.in_flight().unwrap_or(0);
        Self {
            target,
            // Last, so that our own work is not timed.
            started: T::TIMED.then(clock::now),
            in_flight,
            dropped,
            began,
        }
    }

    /// Records that the call returned.
    pub fn finish(mut self, outcome: Outcome, given: &[&str]) {
        self.end(outcome, given);
    }

    // One copy of it, and not one in each measured function.
    #[inline(never)]
    fn end(&mut self, outcome: Outcome, given: &[&str]) {
        let began = self.began;
        let ended = began.within(|| {
            let seconds = self.started.map_or(0.0, clock::Reading::seconds);
            self.dropped = OnDrop::Finished;
            self.target.ended(outcome, given, seconds);
            if self.in_flight != 0 {
                // The second cell of the pair counts who left.
                cells::add_one_release(self.in_flight + 1);
            }
        });
        if ended.is_none() {
            // Its scope is gone, and what was in flight there as well.
            self.dropped = OnDrop::Finished;
        }
    }
}

impl<T: Target> Drop for Guard<T> {
    #[inline(never)]
    fn drop(&mut self) {
        match self.dropped {
            OnDrop::Finished => {}
            OnDrop::Ask { unwinding_on_entry } => {
                let panicked = std::thread::panicking() && !unwinding_on_entry;
                self.end(
                    if panicked {
                        Outcome::Panicked
                    } else {
                        Outcome::Cancelled
                    },
                    &[],
                );
            }
            OnDrop::Panicked => self.end(Outcome::Panicked, &[]),
        }
    }
}

/// Observes the duration of a call whose labels are known on entry.
#[doc(hidden)]
#[derive(Debug)]
pub struct Timed(pub Histogram);

impl Target for Timed {
    const TIMED: bool = true;

    #[inline]
    fn ended(&self, _: Outcome, _: &[&str], seconds: f64) {
        self.0.observe_unasked(seconds);
    }
}

/// Observes the duration of a call some of whose labels its end gives.
#[doc(hidden)]
#[derive(Debug)]
pub struct TimedAtEnd(pub &'static Declared<Histogram>, pub Kept);

impl Target for TimedAtEnd {
    const TIMED: bool = true;

    fn ended(&self, outcome: Outcome, given: &[&str], seconds: f64) {
        self.0.at(&self.1, given, outcome).observe_unasked(seconds);
    }
}

/// Counts a call when it ends.
#[doc(hidden)]
#[derive(Debug)]
pub struct CountedAtEnd(pub &'static Declared<Counter>, pub Kept);

impl Target for CountedAtEnd {
    const TIMED: bool = false;

    fn ended(&self, outcome: Outcome, given: &[&str], _: f64) {
        self.0.at(&self.1, given, outcome).inc_begun();
    }
}

/// Counted when the call begins: nothing is left for its end.
#[doc(hidden)]
#[derive(Debug)]
pub struct CountedOnEntry;

impl CountedOnEntry {
    /// Counts now.
    #[inline]
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "macros hand over a fresh handle"
    )]
    pub fn new(counter: Counter) -> Self {
        counter.inc_begun();
        Self
    }
}

impl Target for CountedOnEntry {
    const TIMED: bool = false;

    fn ended(&self, _: Outcome, _: &[&str], _: f64) {}
}

/// Any target, and a gauge of the calls in flight.
#[doc(hidden)]
#[derive(Debug)]
pub struct InFlight<T>(pub &'static Declared<Gauge>, pub T);

impl<T: Target> Target for InFlight<T> {
    const TIMED: bool = T::TIMED;

    fn in_flight(&self) -> Option<u32> {
        Some(self.0.with(()).enter())
    }

    fn ended(&self, outcome: Outcome, given: &[&str], seconds: f64) {
        self.1.ended(outcome, given, seconds);
    }
}

/// Calls a closure once; through this generic function a closure may return a reborrow of what it captured.
#[doc(hidden)]
#[inline]
pub fn call<R>(body: impl FnOnce() -> R) -> R {
    body()
}

/// Calls a closure with a reference to the returned value; taken first, it tells the closure's type.
#[doc(hidden)]
#[inline]
pub fn with_returned<'r, R: ?Sized, V>(returned: &'r R, f: impl FnOnce(&'r R) -> V) -> V {
    f(returned)
}
