//! Numbers as every server reads them: in decimals, without an exponent.

use std::fmt::Write as _;

pub(super) fn write_u64(out: &mut String, n: u64) {
    out.push_str(itoa::Buffer::new().format(n));
}

/// Integers are exact in an `f64` up to this.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Writes a finite number: the shortest text that reads back as the same, in decimals.
pub(super) fn write_f64(out: &mut String, x: f64) {
    let magnitude = x.abs();
    if x.fract() == 0.0 && magnitude < EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "integral and small enough")]
        out.push_str(itoa::Buffer::new().format(x as i64));
    } else if (1e-5..1e15).contains(&magnitude) {
        out.push_str(ryu::Buffer::new().format_finite(x));
    } else {
        // A string takes everything.
        let _ = write!(out, "{x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimals_that_read_back_as_the_same() {
        let text = |x: f64| {
            let mut out = String::new();
            write_f64(&mut out, x);
            out
        };
        for (x, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (3.0, "3"),
            (-2.5, "-2.5"),
            (1e-7, "0.0000001"),
        ] {
            assert_eq!(text(x), expected);
        }
        for x in [
            5e-324,
            f64::MAX,
            0.1 + 0.2,
            1e16,
            12_345_678.9,
            1.5e-5,
            9.99e14 + 0.5,
        ] {
            let text = text(x);
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), x.to_bits());
            assert!(
                text.bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b'.'),
                "{text}"
            );
        }
    }
}
