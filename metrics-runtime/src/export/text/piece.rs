//! Short pieces of text, copied without a call.
//!
//! A line is a few short pieces of different lengths, and a call of `memcpy` for each costs more than what it copies.
//! So as much as one or two vector registers hold, or some of them, is copied whatever the length, and what was
//! too much is taken off again.

use super::number::{EXACT, write_f64};

/// Appends `length` bytes of `text` from `at` on, which begin and end at characters.
#[inline]
pub(super) fn append(out: &mut String, text: &str, at: usize, length: usize) {
    let end = out.len() + length;
    if length <= 64
        && let Some(block) = text.get(at..at + 64)
    {
        out.push_str(block);
        out.truncate(end);
    } else {
        append_long(out, text, at, length);
    }
}

#[inline]
fn append_long(out: &mut String, text: &str, at: usize, length: usize) {
    let end = out.len() + length;
    if length <= 128
        && let Some(block) = text.get(at..at + 128)
    {
        out.push_str(block);
        out.truncate(end);
    } else {
        out.push_str(text.get(at..at + length).unwrap_or_default());
    }
}

/// As [`append`], of at most so many bytes.
#[inline]
pub(super) fn append_short<const MOST: usize>(
    out: &mut String,
    text: &str,
    at: usize,
    length: usize,
) {
    let end = out.len() + length;
    if length <= MOST
        && let Some(block) = text.get(at..at + MOST)
    {
        out.push_str(block);
        out.truncate(end);
    } else {
        out.push_str(text.get(at..at + length).unwrap_or_default());
    }
}

/// Appends `length` bytes that stand in `out` from `at` on, which begin and end at characters.
#[inline]
pub(super) fn again(out: &mut String, at: usize, length: usize) {
    let end = out.len() + length;
    // False for what is beyond the end, too.
    if length <= 64 && out.is_char_boundary(at + 64) {
        out.extend_from_within(at..at + 64);
        out.truncate(end);
    } else if length <= 128 && out.is_char_boundary(at + 128) {
        out.extend_from_within(at..at + 128);
        out.truncate(end);
    } else {
        out.extend_from_within(at..at + length);
    }
}

/// Numbers of three digits, each with a line feed: what ends a line.
static LAST: &str = text_of(&LAST_BYTES);
/// Numbers below a thousand without leading zeros, each with a line feed, in four bytes.
static FIRST: &str = text_of(&FIRST_BYTES);

static LAST_BYTES: [u8; 4_000] = groups(false);
static FIRST_BYTES: [u8; 4_000] = groups(true);

const fn text_of(bytes: &'static [u8]) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // Digits are UTF-8.
        Err(_) => "",
    }
}

#[expect(clippy::cast_possible_truncation, reason = "of a digit")]
const fn groups(short: bool) -> [u8; 4_000] {
    let mut bytes = [b'\n'; 4_000];
    let mut n = 0;
    while n < 1_000 {
        let mut at = 4 * n;
        if !short || n >= 100 {
            bytes[at] = b'0' + (n / 100) as u8;
            at += 1;
        }
        if !short || n >= 10 {
            bytes[at] = b'0' + (n / 10 % 10) as u8;
            at += 1;
        }
        bytes[at] = b'0' + (n % 10) as u8;
        n += 1;
    }
    bytes
}

/// Appends a number below a thousand.
#[inline]
fn first(out: &mut String, n: usize, line_feed: usize) {
    let digits = 1 + usize::from(n >= 10) + usize::from(n >= 100);
    append_short::<4>(out, FIRST, 4 * n, digits + line_feed);
}

/// Appends a whole number and a line feed.
#[inline]
pub(super) fn number_line(out: &mut String, n: u64) {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "below a thousand where it matters"
    )]
    let group = |n: u64| (n % 1_000) as usize;
    if n < 1_000 {
        first(out, group(n), 1);
    } else if n < 1_000_000 {
        first(out, group(n / 1_000), 0);
        append_short::<4>(out, LAST, 4 * group(n), 4);
    } else if n < 1_000_000_000 {
        first(out, group(n / 1_000_000), 0);
        append_short::<4>(out, LAST, 4 * group(n / 1_000), 3);
        append_short::<4>(out, LAST, 4 * group(n), 4);
    } else {
        out.push_str(itoa::Buffer::new().format(n));
        out.push('\n');
    }
}

/// Appends a sample value as [`write_f64`] spells it, and a line feed.
#[inline]
pub(super) fn real_line(out: &mut String, x: f64) {
    if x >= 0.0 && x < EXACT && x.fract() == 0.0 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "integral, small enough, and not negative"
        )]
        number_line(out, x as u64);
    } else {
        write_f64(out, x);
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_they_are() {
        let mut out = String::new();
        let powers = (0..20).map(|digits| 10_u64.pow(digits));
        let edges = powers.flat_map(|power| {
            [
                power - 1,
                power,
                power + 1,
                7 * (power / 10),
                u64::MAX - power,
            ]
        });
        for n in (0..3_000).chain(edges) {
            out.clear();
            out.push('x');
            number_line(&mut out, n);
            assert_eq!(out, format!("x{n}\n"));
        }
    }

    #[test]
    fn pieces_are_copied_whatever_follows_them() {
        // Characters of one to four bytes, so that a block may end within one.
        let text = "aé€𝄞b\"c".repeat(40);
        let places: Vec<usize> = (0..=text.len())
            .filter(|at| text.is_char_boundary(*at))
            .collect();
        for &at in &places {
            for &end in places.iter().filter(|end| **end >= at) {
                let mut out = String::from("ü");
                append(&mut out, &text, at, end - at);
                assert_eq!(out, format!("ü{}", &text[at..end]));
                let mut out = String::from("ü");
                append_short::<16>(&mut out, &text, at, end - at);
                assert_eq!(out, format!("ü{}", &text[at..end]));
                let mut out = text.clone();
                again(&mut out, at, end - at);
                assert_eq!(out, format!("{text}{}", &text[at..end]));
            }
        }
    }
}
