//! The bounds of histograms: the rule, and the two usual ways to make them.

use crate::violation::{Rule, Violation};

/// The greatest number of bounds of one histogram, the bucket `+Inf` not counted.
pub const MAX_BUCKETS: usize = 512;

/// Whether these can be the upper bounds of a histogram, the bucket `+Inf` left out.
///
/// At least one and at most [`MAX_BUCKETS`], all finite, each greater than the one before. (`OpenMetrics` 1.0,
/// histogram; Prometheus adds `+Inf`.)
///
/// # Errors
///
/// The first bound that breaks a rule, `offset` being its index.
pub const fn buckets(bounds: &[f64]) -> Result<(), Violation> {
    if bounds.is_empty() {
        return Err(Violation::new(Rule::BucketsEmpty, 0));
    }
    let mut index = 0;
    while index < bounds.len() {
        if index == MAX_BUCKETS {
            return Err(Violation::new(Rule::TooManyBuckets, index));
        }
        if !bounds[index].is_finite() {
            return Err(Violation::new(Rule::BucketNotFinite, index));
        }
        if index > 0 && bounds[index] <= bounds[index - 1] {
            return Err(Violation::new(Rule::BucketsNotIncreasing, index));
        }
        index += 1;
    }
    Ok(())
}

/// `N` bounds, the first `start` and each `factor` times the one before: `start > 0`, `factor > 1`.
///
/// Where `start` and `factor` are short decimals the bounds are the nearest floats to the decimal results. Arguments out
/// of range give bounds that [`buckets`] refuses.
#[must_use]
pub const fn exponential<const N: usize>(start: f64, factor: f64) -> [f64; N] {
    let mut bounds = [start; N];
    let (first, step) = (Decimal::of(start), Decimal::of(factor));
    let mut exact = first;
    let mut index = 1;
    while index < N {
        exact = match (exact, step) {
            (Some(last), Some(step)) => last.times(step),
            _ => None,
        };
        bounds[index] = match exact {
            Some(decimal) => decimal.nearest(),
            None => bounds[index - 1] * factor,
        };
        index += 1;
    }
    bounds
}

/// `N` bounds, the first `start` and each `width` more than the one before: `width > 0`.
///
/// Where `start` and `width` are short decimals the bounds are the nearest floats to the decimal results: 0.3 after 0.1
/// and 0.2, not 0.30000000000000004. Arguments out of range give bounds that [`buckets`] refuses.
#[must_use]
pub const fn linear<const N: usize>(start: f64, width: f64) -> [f64; N] {
    let mut bounds = [start; N];
    let (first, step) = (Decimal::of(start), Decimal::of(width));
    let mut index = 1;
    let mut steps = 1.0;
    while index < N {
        let exact = match (first, step) {
            (Some(first), Some(step)) => first.plus(step, steps),
            _ => None,
        };
        bounds[index] = match exact {
            Some(decimal) => decimal.nearest(),
            None => start + steps * width,
        };
        index += 1;
        steps += 1.0;
    }
    bounds
}

/// A short decimal as two floats that are exact: a whole number and a power of ten under it.
#[derive(Clone, Copy)]
struct Decimal {
    whole: f64,
    scale: f64,
}

impl Decimal {
    /// Whole numbers up to here are exact, with room for the rounding constant in `of`.
    const MAX_WHOLE: f64 = 2_251_799_813_685_248.0; // 2^51
    /// Powers of ten up to here are exact.
    const MAX_SCALE: f64 = 1e22;

    /// The decimal of at most nine places that is written like `value`.
    const fn of(value: f64) -> Option<Self> {
        // Added and taken away, it rounds to a whole number: there the unit in the last place is one.
        const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52
        let mut scale = 1.0;
        while scale <= 1e9 {
            let whole = (value * scale + ROUND) - ROUND;
            #[expect(
                clippy::float_cmp,
                reason = "exactness is the question: the decimal must read as this very float"
            )]
            if whole.abs() <= Self::MAX_WHOLE && whole / scale == value {
                return Some(Self { whole, scale });
            }
            scale *= 10.0;
        }
        None
    }

    const fn checked(whole: f64, scale: f64) -> Option<Self> {
        if whole.abs() <= Self::MAX_WHOLE && scale <= Self::MAX_SCALE {
            Some(Self { whole, scale })
        } else {
            None
        }
    }

    const fn times(self, other: Self) -> Option<Self> {
        Self::checked(self.whole * other.whole, self.scale * other.scale)
    }

    /// `self + count * other`.
    const fn plus(self, other: Self, count: f64) -> Option<Self> {
        let scale = if self.scale > other.scale {
            self.scale
        } else {
            other.scale
        };
        let own = self.whole * (scale / self.scale);
        let added = other.whole * (scale / other.scale) * count;
        // Each part by itself, since two that are inexact could cancel.
        if own.abs() > Self::MAX_WHOLE || added.abs() > Self::MAX_WHOLE {
            return None;
        }
        Self::checked(own + added, scale)
    }

    /// The float nearest to the decimal, because both parts are exact and division rounds once.
    const fn nearest(self) -> f64 {
        self.whole / self.scale
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the bounds must be these very floats")]
mod tests {
    use std::vec::Vec;

    use super::{MAX_BUCKETS, buckets, exponential, linear};
    use crate::violation::{Rule, Violation};

    const LINEAR: [f64; 10] = linear(0.1, 0.1);
    const _: () = assert!(buckets(&LINEAR).is_ok());
    const _: () = assert!(buckets(&exponential::<40>(0.001, 1.5)).is_ok());
    const _: () = assert!(buckets(&[2.0, 1.0]).is_err());

    fn broken(rule: Rule, offset: usize) -> Result<(), Violation> {
        Err(Violation { rule, offset })
    }

    #[test]
    fn bounds_are_finite_and_rise() {
        assert_eq!(buckets(&[0.1]), Ok(()));
        assert_eq!(buckets(&[-1.0, 0.0, 5e-324, f64::MAX]), Ok(()));
        assert_eq!(buckets(&[]), broken(Rule::BucketsEmpty, 0));
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(buckets(&[odd]), broken(Rule::BucketNotFinite, 0));
            assert_eq!(buckets(&[1.0, odd]), broken(Rule::BucketNotFinite, 1));
        }
        assert_eq!(
            buckets(&[1.0, 2.0, 2.0]),
            broken(Rule::BucketsNotIncreasing, 2)
        );
        assert_eq!(buckets(&[2.0, 1.0]), broken(Rule::BucketsNotIncreasing, 1));
        assert_eq!(buckets(&[-0.0, 0.0]), broken(Rule::BucketsNotIncreasing, 1));
    }

    #[test]
    fn the_number_of_bounds_is_inclusive() {
        let bounds: [f64; MAX_BUCKETS + 1] = linear(1.0, 1.0);
        assert_eq!(buckets(&bounds[..MAX_BUCKETS]), Ok(()));
        assert_eq!(buckets(&bounds), broken(Rule::TooManyBuckets, MAX_BUCKETS));
    }

    #[test]
    fn linear_bounds_are_the_decimals_one_would_write() {
        assert_eq!(LINEAR, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]);
        assert_eq!(linear::<3>(-0.5, 0.25), [-0.5, -0.25, 0.0]);
        let long: [f64; 400] = linear(0.05, 0.05);
        for (index, bound) in (1_u32..).zip(long) {
            let written: Vec<u8> = std::format!("{}e-2", index * 5).into_bytes();
            let read = core::str::from_utf8(&written).map(str::parse::<f64>);
            assert_eq!(read, Ok(Ok(bound)));
        }
    }

    #[test]
    fn exponential_bounds_are_the_decimals_one_would_write() {
        assert_eq!(exponential::<4>(0.001, 10.0), [0.001, 0.01, 0.1, 1.0]);
        assert_eq!(exponential::<5>(0.1, 3.0), [0.1, 0.3, 0.9, 2.7, 8.1]);
        assert_eq!(
            exponential::<4>(0.005, 2.5),
            [0.005, 0.0125, 0.03125, 0.078_125]
        );
        assert_eq!(exponential::<3>(256.0, 4.0), [256.0, 1024.0, 4096.0]);
    }

    #[test]
    fn bounds_that_are_no_short_decimals_still_rise() {
        let third = 1.0 / 3.0;
        assert_eq!(buckets(&linear::<100>(third, third)), Ok(()));
        assert_eq!(buckets(&exponential::<100>(third, 1.0 + third)), Ok(()));
        // Beyond what is exact the plain product takes over without a step back.
        assert_eq!(buckets(&exponential::<400>(0.001, 1.1)), Ok(()));
    }

    #[test]
    fn parts_too_large_to_be_exact_are_left_to_plain_arithmetic() {
        let (start, width) = (-2_251_799_813_685_247.0, 225_179_981_368_524.7);
        let bounds: [f64; 10] = linear(start, width);
        assert_eq!(bounds[9], start + 9.0 * width);
    }

    #[test]
    fn arguments_out_of_range_give_bounds_that_are_refused() {
        assert_eq!(
            buckets(&linear::<3>(1.0, 0.0)),
            broken(Rule::BucketsNotIncreasing, 1)
        );
        assert_eq!(
            buckets(&exponential::<3>(1.0, 0.5)),
            broken(Rule::BucketsNotIncreasing, 1)
        );
        assert_eq!(
            buckets(&exponential::<3>(0.0, 2.0)),
            broken(Rule::BucketsNotIncreasing, 1)
        );
        assert_eq!(
            buckets(&exponential::<3>(1e300, 1e300)),
            broken(Rule::BucketNotFinite, 1)
        );
        assert_eq!(
            buckets(&linear::<2>(f64::NAN, 1.0)),
            broken(Rule::BucketNotFinite, 0)
        );
        assert_eq!(
            buckets(&linear::<0>(1.0, 1.0)),
            broken(Rule::BucketsEmpty, 0)
        );
    }
}
