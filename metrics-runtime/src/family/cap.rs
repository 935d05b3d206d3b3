//! How many series there may be.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A bound on the number of dynamic series, shared by all families that count towards it.
#[derive(Debug)]
pub(crate) struct Cap {
    limit: usize,
    used: AtomicUsize,
}

impl Cap {
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            limit,
            used: AtomicUsize::new(0),
        }
    }

    /// Takes a place, unless all are taken; check and insert are one step.
    pub(super) fn take(&self) -> bool {
        // Relaxed: the number itself is all that matters, and a read-modify-write never loses one.
        self.used
            .fetch_update(Relaxed, Relaxed, |used| {
                (used < self.limit).then_some(used + 1)
            })
            .is_ok()
    }

    pub(super) fn give_back(&self) {
        self.used.fetch_sub(1, Relaxed);
    }

    /// How many places are taken.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Relaxed)
    }
}
