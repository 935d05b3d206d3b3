//! Numbers as both formats want them.

/// A whole number, in full.
pub(crate) fn write_u64(out: &mut String, n: u64) {
    out.push_str(itoa::Buffer::new().format(n));
}

/// Integers are exact in an `f64` below this.
pub(super) const EXACT: f64 = 9_007_199_254_740_992.0;

/// A sample value: the shortest text that reads back as the same number, integers without `.0`.
pub(crate) fn write_f64(out: &mut String, x: f64) {
    if x.is_nan() {
        out.push_str("NaN");
    } else if x.is_infinite() {
        out.push_str(if x > 0.0 { "+Inf" } else { "-Inf" });
    } else if x.fract() == 0.0 && x.abs() < EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "integral and small enough")]
        out.push_str(itoa::Buffer::new().format(x as i64));
    } else {
        out.push_str(ryu::Buffer::new().format_finite(x));
    }
}

/// The value of an `le` label: the shortest text, canonical, so that series keep their identity in
/// Prometheus 3 (`1.0`, `1e-05`, `1.048576e+06`, `+Inf`).
pub(crate) fn write_bound(out: &mut String, x: f64) {
    if !x.is_finite() {
        write_f64(out, x);
        return;
    }
    let magnitude = x.abs();
    if x == 0.0 || (1e-4..1e6).contains(&magnitude) {
        // `Display` is the shortest text without an exponent.
        out.push_str(&x.to_string());
        if x.fract() == 0.0 {
            out.push_str(".0");
        }
        return;
    }
    // `LowerExp` is the shortest too; Go, whose spelling is canonical, signs the exponent and gives it at
    // least two digits.
    let text = format!("{x:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    out.push_str(mantissa);
    out.push('e');
    out.push(sign);
    if digits.len() < 2 {
        out.push('0');
    }
    out.push_str(digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(x: f64) -> String {
        let mut out = String::new();
        write_bound(&mut out, x);
        out
    }

    fn value(x: f64) -> String {
        let mut out = String::new();
        write_f64(&mut out, x);
        out
    }

    #[test]
    fn bounds_are_canonical() {
        for (x, text) in [
            (0.0, "0.0"),
            (0.005, "0.005"),
            (1.0, "1.0"),
            (2.5, "2.5"),
            (-1.0, "-1.0"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (0.000_012_5, "1.25e-05"),
            (65_536.0, "65536.0"),
            (999_999.5, "999999.5"),
            (1e6, "1e+06"),
            (1_048_576.0, "1.048576e+06"),
            (1e100, "1e+100"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(bound(x), text);
        }
    }

    #[test]
    fn values_read_back_as_the_same_number() {
        for (x, text) in [
            (0.0, "0"),
            (3.0, "3"),
            (-2.0, "-2"),
            (0.125, "0.125"),
            (9_007_199_254_740_991.0, "9007199254740991"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(value(x), text);
        }
        for x in [1e300, 5e-324, 0.1 + 0.2, 1e16, -1e-7, f64::MAX] {
            assert_eq!(value(x).parse::<f64>().unwrap().to_bits(), x.to_bits());
            assert_eq!(bound(x).parse::<f64>().unwrap().to_bits(), x.to_bits());
        }
    }
}
