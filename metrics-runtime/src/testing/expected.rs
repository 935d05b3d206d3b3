//! What an assertion expects of a number.

use crate::number::Number;
use std::fmt;
use std::ops::{Range, RangeFrom, RangeInclusive};

/// What an assertion can expect: a number (any integer, float, or `Duration` as seconds), or a range of numbers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that a metric can be expected to be",
    note = "write a number or a range: `3`, `0.5`, `2..`, `0.2..0.4`"
)]
pub trait Expected {
    #[doc(hidden)]
    fn wanted(self) -> Wanted;
}

/// A number that is expected.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Wanted(What);

#[derive(Clone, Copy, Debug)]
enum What {
    Exactly(Observed),
    Near { real: f64, tolerance: f64 },
    Range { from: f64, to: f64 },
    Inclusive { from: f64, to: f64 },
    AtLeast(f64),
}

/// A number of a metric.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observed {
    pub(super) real: f64,
    /// The same as a count, where it is one: exact beyond 2^53.
    pub(super) count: Option<u64>,
}

impl Observed {
    #[expect(clippy::cast_precision_loss, reason = "the count is kept")]
    pub(super) const fn count(count: u64) -> Self {
        Self {
            real: count as f64,
            count: Some(count),
        }
    }

    pub(super) const fn real(real: f64) -> Self {
        Self { real, count: None }
    }
}

impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            Some(count) => count.fmt(f),
            None => self.real.fmt(f),
        }
    }
}

impl Wanted {
    /// A number up to `tolerance` away from another.
    pub(super) fn near(real: f64, tolerance: f64) -> Self {
        Self(What::Near { real, tolerance })
    }

    #[expect(
        clippy::float_cmp,
        reason = "who wants it less exact gives a tolerance"
    )]
    pub(super) fn admits(self, observed: Observed) -> bool {
        let real = observed.real;
        match self.0 {
            What::Exactly(wanted) => match (wanted.count, observed.count) {
                (Some(wanted), Some(observed)) => wanted == observed,
                _ => wanted.real == real,
            },
            What::Near {
                real: wanted,
                tolerance,
            } => (wanted - real).abs() <= tolerance,
            What::Range { from, to } => (from..to).contains(&real),
            What::Inclusive { from, to } => (from..=to).contains(&real),
            What::AtLeast(from) => from <= real,
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            What::Exactly(wanted) => wanted.fmt(f),
            What::Near { real, tolerance } => write!(f, "{real} \u{b1} {tolerance}"),
            What::Range { from, to } => write!(f, "{from}..{to}"),
            What::Inclusive { from, to } => write!(f, "{from}..={to}"),
            What::AtLeast(from) => write!(f, "{from}.."),
        }
    }
}

impl<N: Number> Expected for N {
    fn wanted(self) -> Wanted {
        Wanted(What::Exactly(Observed {
            real: self.real(),
            count: self.count(),
        }))
    }
}

impl<N: Number> Expected for Range<N> {
    fn wanted(self) -> Wanted {
        Wanted(What::Range {
            from: self.start.real(),
            to: self.end.real(),
        })
    }
}

impl<N: Number> Expected for RangeInclusive<N> {
    fn wanted(self) -> Wanted {
        Wanted(What::Inclusive {
            from: self.start().real(),
            to: self.end().real(),
        })
    }
}

impl<N: Number> Expected for RangeFrom<N> {
    fn wanted(self) -> Wanted {
        Wanted(What::AtLeast(self.start.real()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn admits(wanted: impl Expected, observed: Observed) -> bool {
        wanted.wanted().admits(observed)
    }

    #[test]
    fn counts_are_compared_exactly_and_reals_as_reals() {
        let large = (1_u64 << 53) + 1;
        assert!(admits(large, Observed::count(1 << 53 | 1)));
        assert!(!admits(large, Observed::count(1 << 53)));
        assert!(!admits(3, Observed::count(4)));
        assert!(admits(3.0, Observed::count(3)) && admits(3, Observed::real(3.0)));
        assert!(!admits(3.5, Observed::count(3)) && !admits(-3, Observed::count(3)));
        assert!(admits(Duration::from_millis(1500), Observed::real(1.5)));
        assert!(!admits(f64::NAN, Observed::real(f64::NAN)));
    }

    #[test]
    fn ranges_end_where_they_say() {
        assert!(admits(2..4, Observed::count(2)) && !admits(2..4, Observed::count(4)));
        assert!(admits(2..=4, Observed::count(4)) && !admits(2..=4, Observed::count(5)));
        assert!(admits(2.., Observed::count(9)) && !admits(2.., Observed::count(1)));
        let near = Wanted::near(1.0, 0.25);
        assert!(near.admits(Observed::real(1.25)) && !near.admits(Observed::real(1.26)));
        assert_eq!(near.to_string(), "1 \u{b1} 0.25");
    }
}
