//! A bound on operations per second.

#[cfg(feature = "testing")]
use crate::cells;
use crate::clock;
use crate::error::Fault;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Lets so many operations pass in each second of the clock.
#[derive(Debug)]
pub(super) struct Limiter {
    /// Per second; 0 is no limit.
    limit: u64,
    /// The second, and how many passed in it: `second << 32 | passed`.
    state: AtomicU64,
    /// The same in a scope.
    #[cfg(feature = "testing")]
    scoped: cells::Apart<1>,
}

/// The most that fits beside the second.
const MOST: u64 = u32::MAX as u64;

impl Limiter {
    pub(super) const fn new(limit: u64) -> Self {
        Self {
            limit,
            state: AtomicU64::new(0),
            #[cfg(feature = "testing")]
            scoped: cells::Apart::new(),
        }
    }

    fn state(&self) -> &AtomicU64 {
        #[cfg(feature = "testing")]
        if let Some([state]) = self.scoped.here() {
            return state;
        }
        &self.state
    }

    /// # Errors
    ///
    /// `rate_limited` when this second's operations are used up.
    #[inline]
    pub(super) fn pass(&self) -> Result<(), Fault> {
        if self.limit == 0 {
            return Ok(());
        }
        self.pass_now()
    }

    #[inline(never)]
    fn pass_now(&self) -> Result<(), Fault> {
        self.pass_in(clock::second() & MOST)
    }

    fn pass_in(&self, second: u64) -> Result<(), Fault> {
        let limit = self.limit.min(MOST);
        // Relaxed: the count itself is all there is. A thread that read an older second counts in the newer.
        let passed = self.state().fetch_update(Relaxed, Relaxed, |state| {
            let (current, passed) = (state >> 32, state & MOST);
            if second > current {
                Some(second << 32 | 1)
            } else {
                (passed < limit).then_some(state + 1)
            }
        });
        match passed {
            Ok(_) => Ok(()),
            Err(_) => Err(Fault::resource(
                "rate_limited",
                format!("more than {limit} operations in this second"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_has_its_own_operations() {
        let limiter = Limiter::new(2);
        let passes = |second| limiter.pass_in(second).is_ok();
        assert!(passes(1) && passes(1) && !passes(1));
        assert!(passes(2));
        // Late by a second: counted in the current one.
        assert!(passes(1) && !passes(2));
        assert!(passes(7));
        assert!((0..1000).all(|_| Limiter::new(0).pass().is_ok()));
    }
}
