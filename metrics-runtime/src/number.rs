//! Numbers as users have them, turned into what a metric stores.

use std::time::Duration;

/// An amount for an instrument: any integer, float, or a `Duration` (as seconds).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number that a metric can take",
    label = "not a number",
    note = "instruments take integers, floats and, as seconds, `Duration`"
)]
pub trait Number: Copy + sealed::Sealed {
    /// The amount as a real number.
    #[doc(hidden)]
    fn real(self) -> f64;

    /// The amount as a count: `None` where it is negative, fractional or not finite.
    #[doc(hidden)]
    fn count(self) -> Option<u64>;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl sealed::Sealed for $type {}
        impl Number for $type {
            #[inline]
            #[allow(clippy::cast_precision_loss, clippy::cast_lossless, clippy::allow_attributes, reason = "gauges hold f64")]
            fn real(self) -> f64 {
                self as f64
            }

            #[inline]
            #[allow(clippy::unnecessary_fallible_conversions, unused_comparisons, clippy::absurd_extreme_comparisons, clippy::allow_attributes, reason = "one rule for all integers")]
            fn count(self) -> Option<u64> {
                // Too large saturates; too small is refused.
                u64::try_from(self).ok().or((self > 0).then_some(u64::MAX))
            }
        }
    )*};
}
integers!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize
);

impl sealed::Sealed for f64 {}
impl Number for f64 {
    #[inline]
    fn real(self) -> f64 {
        self
    }

    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked, and the cast saturates"
    )]
    fn count(self) -> Option<u64> {
        (self >= 0.0 && self.is_finite() && self.fract() == 0.0).then_some(self as u64)
    }
}

impl sealed::Sealed for f32 {}
impl Number for f32 {
    #[inline]
    fn real(self) -> f64 {
        f64::from(self)
    }

    #[inline]
    fn count(self) -> Option<u64> {
        f64::from(self).count()
    }
}

impl sealed::Sealed for Duration {}
impl Number for Duration {
    #[inline]
    fn real(self) -> f64 {
        self.as_secs_f64()
    }

    #[inline]
    fn count(self) -> Option<u64> {
        // Not by way of a real number, which would round a long one.
        (self.subsec_nanos() == 0).then_some(self.as_secs())
    }
}

/// What a counter counts: `u64`, or `f64` for seconds and other reals.
pub trait Amount: Number + Copy + Send + Sync + 'static {
    #[doc(hidden)]
    const REAL: bool;

    /// The amount, where it may be added to a counter: finite and not negative.
    #[doc(hidden)]
    fn from_number(number: impl Number) -> Option<Self>;
    #[doc(hidden)]
    const ONE: Self;
    #[doc(hidden)]
    fn add_to(self, cell: u32);
    /// As `add_to`, and tells whoever wants to hear of it.
    #[doc(hidden)]
    fn add_and_tell(self, cell: u32);
    #[doc(hidden)]
    fn total(cell: u32) -> Self;
}

impl Amount for u64 {
    const REAL: bool = false;
    const ONE: Self = 1;

    #[inline]
    fn from_number(number: impl Number) -> Option<Self> {
        number.count()
    }

    #[inline]
    fn add_to(self, cell: u32) {
        crate::cells::add(cell, self);
    }

    #[cold]
    fn add_and_tell(self, cell: u32) {
        self.add_to(cell);
        #[cfg(feature = "statsd")]
        crate::events::tell(
            crate::events::Source::Cell(cell),
            crate::events::What::Count(self),
        );
    }

    fn total(cell: u32) -> Self {
        crate::cells::sum(cell)
    }
}

impl Amount for f64 {
    const REAL: bool = true;
    const ONE: Self = 1.0;

    #[inline]
    fn from_number(number: impl Number) -> Option<Self> {
        let real = number.real();
        (real >= 0.0 && real.is_finite()).then_some(real)
    }

    #[inline]
    fn add_to(self, cell: u32) {
        crate::cells::add_f64(cell, self);
    }

    #[cold]
    fn add_and_tell(self, cell: u32) {
        self.add_to(cell);
        #[cfg(feature = "statsd")]
        crate::events::tell(
            crate::events::Source::Cell(cell),
            crate::events::What::Total(self),
        );
    }

    fn total(cell: u32) -> Self {
        crate::cells::sum_f64(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_whole_and_not_negative() {
        assert_eq!(3_i32.count(), Some(3));
        assert_eq!((-1_i64).count(), None);
        assert_eq!(u128::MAX.count(), Some(u64::MAX));
        assert_eq!(i128::MIN.count(), None);
        assert_eq!(2.0_f64.count(), Some(2));
        assert_eq!(2.5_f64.count(), None);
        assert_eq!(f64::NAN.count(), None);
        assert_eq!(1e300_f64.count(), Some(u64::MAX));
        assert_eq!(Duration::from_secs(2).count(), Some(2));
        assert_eq!(Duration::from_millis(2500).count(), None);
        let long = Duration::from_secs((1 << 53) + 1);
        assert_eq!(long.count(), Some((1 << 53) + 1));
        assert_eq!(Duration::MAX.count(), None);
    }

    #[test]
    fn real_amounts_are_finite_and_not_negative() {
        assert_eq!(f64::from_number(Duration::from_millis(1500)), Some(1.5));
        assert_eq!(f64::from_number(-1), None);
        assert_eq!(f64::from_number(f64::INFINITY), None);
    }
}
