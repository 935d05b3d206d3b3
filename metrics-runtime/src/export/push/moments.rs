//! Timestamps of which none comes twice.

use std::time::{SystemTime, UNIX_EPOCH};

/// Timestamps that rise from one to the next, in a unit of which so many make a second.
///
/// Of two samples of a series with one timestamp a peer keeps one, so no two exports share theirs, even if the clock
/// stands or steps back.
#[derive(Debug)]
pub(crate) struct Moments {
    per_second: u64,
    /// How far ahead of the clock a timestamp may be.
    most_ahead: u64,
    last: u64,
    /// The clock when it was last asked.
    clock: u64,
}

impl Moments {
    pub(crate) const fn new(per_second: u64, most_seconds_ahead: u64) -> Self {
        Self {
            per_second,
            most_ahead: most_seconds_ahead * per_second,
            last: 0,
            clock: 0,
        }
    }

    /// The next one. `None` while exports come so fast that it would be too far ahead of the clock.
    pub(crate) fn next(&mut self) -> Option<u64> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let since = since.unwrap_or_default();
        let part = u64::from(since.subsec_nanos()) * self.per_second / 1_000_000_000;
        self.next_at(since.as_secs() * self.per_second + part)
    }

    fn next_at(&mut self, now: u64) -> Option<u64> {
        // A clock that stepped back by more than what a peer takes as the future begins anew: what follows would
        // all be refused otherwise.
        let stepped = now + self.most_ahead < self.clock;
        self.clock = now;
        let next = if stepped { now } else { now.max(self.last + 1) };
        if next > now + self.most_ahead {
            return None;
        }
        self.last = next;
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_comes_twice() {
        let mut moments = Moments::new(1, 3);
        assert_eq!(moments.next_at(1000), Some(1000));
        assert_eq!(moments.next_at(1000), Some(1001));
        assert_eq!(moments.next_at(1000), Some(1002));
        assert_eq!(moments.next_at(1000), Some(1003));
        // Too fast.
        assert_eq!(moments.next_at(1000), None);
        assert_eq!(moments.next_at(1001), Some(1004));
        // The clock steps back a little: it goes on.
        assert_eq!(moments.next_at(999), None);
        assert_eq!(moments.next_at(1010), Some(1010));
        assert_eq!(moments.next_at(1009), Some(1011));
        // And by much.
        assert_eq!(moments.next_at(500), Some(500));
        assert_eq!(moments.next_at(500), Some(501));
    }

    #[test]
    fn the_unit_is_a_part_of_a_second() {
        let seconds = Moments::new(1, 60).next().unwrap();
        let millis = Moments::new(1000, 60).next().unwrap();
        assert!((millis / 1000).abs_diff(seconds) <= 1);
        assert!(seconds > 1_700_000_000);
    }
}
