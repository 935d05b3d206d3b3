//! When to try again after a failure.

use foldhash::fast::RandomState;
use std::hash::BuildHasher;
use std::time::{Duration, Instant};

/// The wait after the first failure; each further one doubles it.
const FIRST: Duration = Duration::from_secs(1);

/// The longest wait, where the interval is shorter.
const LONGEST: Duration = Duration::from_secs(60);

/// The longest that a peer may ask for: one that says a year is not obeyed.
const LONGEST_ASKED: Duration = Duration::from_secs(600);

/// Failures in a row.
#[derive(Debug)]
pub(super) struct Backoff {
    interval: Duration,
    failures: u32,
}

impl Backoff {
    pub(super) const fn new(interval: Duration) -> Self {
        Self {
            interval,
            failures: 0,
        }
    }

    pub(super) const fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// How long to wait after one more failure: doubled each time, up to the interval or a minute, of which up to a
    /// half is left to chance, so that many processes do not come back at one moment.
    pub(super) fn failed(&mut self, asked: Option<Duration>) -> Duration {
        let longest = self.interval.max(LONGEST);
        let wait = FIRST
            .min(self.interval)
            .saturating_mul(1 << self.failures.min(16))
            .min(longest);
        self.failures = self.failures.saturating_add(1);
        let wait = wait / 2 + (wait / 2).mul_f64(chance());
        asked.map_or(wait, |asked| wait.max(asked.min(LONGEST_ASKED)))
    }
}

/// A number in [0, 1).
#[expect(clippy::cast_precision_loss, reason = "32 bits fit")]
fn chance() -> f64 {
    // Seeded anew for each state, which is random enough to keep processes apart.
    let hash = RandomState::default().hash_one(Instant::now());
    (hash >> 32) as f64 / (1_u64 << 32) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound_and_begin_again() {
        let mut backoff = Backoff::new(Duration::from_secs(10));
        for expected in [1, 2, 4, 8, 16, 32, 60, 60] {
            let wait = backoff.failed(None).as_secs_f64();
            let expected = f64::from(expected);
            assert!((expected / 2.0..=expected).contains(&wait), "{wait}");
        }
        backoff.succeeded();
        assert!(backoff.failed(None) <= FIRST);
    }

    #[test]
    fn a_short_interval_is_the_first_wait() {
        let mut backoff = Backoff::new(Duration::from_millis(100));
        assert!(backoff.failed(None) <= Duration::from_millis(100));
    }

    #[test]
    fn what_the_peer_asks_for_is_granted_within_reason() {
        let mut backoff = Backoff::new(Duration::from_secs(1));
        let ask = |backoff: &mut Backoff, seconds| {
            backoff.failed(Some(Duration::from_secs(seconds))).as_secs()
        };
        assert_eq!(ask(&mut backoff, 90), 90);
        assert_eq!(ask(&mut backoff, 31_536_000), 600);
    }
}
