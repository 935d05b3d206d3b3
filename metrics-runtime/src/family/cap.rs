//! How many series there may be.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A bound on the number of dynamic series, shared by all families that count towards it.
#[derive(Debug)]
pub(crate) struct Cap {
    limit: usize,
    used: AtomicUsize,
    /// Whether it shows in the totals of the process.
    shown: bool,
}

/// Dynamic series alive in the process, and as many as all caps together allow.
static ALIVE: AtomicUsize = AtomicUsize::new(0);
static ALLOWED: AtomicUsize = AtomicUsize::new(0);

/// Dynamic series alive, and allowed, in the whole process.
pub(crate) fn totals() -> (usize, usize) {
    (ALIVE.load(Relaxed), ALLOWED.load(Relaxed))
}

impl Cap {
    pub(crate) fn new(limit: usize) -> Self {
        // Relaxed, here and below: the numbers themselves are all that matters, and a read-modify-write
        // never loses one. The closures always return `Some`.
        let _ = ALLOWED.fetch_update(Relaxed, Relaxed, |all| Some(all.saturating_add(limit)));
        Self {
            limit,
            used: AtomicUsize::new(0),
            shown: true,
        }
    }

    /// A cap for the library's own metrics, which stand outside of all limits.
    pub(crate) const fn reserved(limit: usize) -> Self {
        Self {
            limit,
            used: AtomicUsize::new(0),
            shown: false,
        }
    }

    /// Whether it is of the library's own metrics.
    pub(crate) const fn is_reserved(&self) -> bool {
        !self.shown
    }

    /// Takes a place, unless all are taken; check and insert are one step.
    pub(super) fn take(&self) -> bool {
        let taken = self
            .used
            .fetch_update(Relaxed, Relaxed, |used| {
                (used < self.limit).then_some(used + 1)
            })
            .is_ok();
        if taken && self.shown {
            ALIVE.fetch_add(1, Relaxed);
        }
        taken
    }

    pub(super) fn give_back(&self) {
        self.used.fetch_sub(1, Relaxed);
        if self.shown {
            ALIVE.fetch_sub(1, Relaxed);
        }
    }

    /// How many places are taken.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Relaxed)
    }
}

impl Drop for Cap {
    fn drop(&mut self) {
        if self.shown {
            let _ =
                ALLOWED.fetch_update(Relaxed, Relaxed, |all| Some(all.saturating_sub(self.limit)));
        }
    }
}
