//! Short pieces of text, copied without a call.
//!
//! A line is a few short pieces of different lengths, and a call of `memcpy` for each costs more than what it copies.
//! So as much as one or two vector registers hold, or some of them, is copied whatever the length, and what was
//! too much is taken off again.

use super::number::{EXACT, write_f64, write_u64};

/// Appends `length` bytes of `text` from `at` on, which begin and end at characters.
#[expect(
    clippy::inline_always,
    reason = "a call would cost more than what it does"
)]
#[inline(always)]
pub(super) fn append(out: &mut String, text: &str, at: usize, length: usize) {
    if !block::<64>(out, text, at, length) {
        append_long(out, text, at, length);
    }
}

#[inline(never)]
fn append_long(out: &mut String, text: &str, at: usize, length: usize) {
    if !block::<128>(out, text, at, length) {
        out.push_str(text.get(at..at + length).unwrap_or_default());
    }
}

/// As [`append`], mostly of at most so many bytes.
#[expect(
    clippy::inline_always,
    reason = "a call would cost more than what it does"
)]
#[inline(always)]
pub(super) fn append_short<const MOST: usize>(
    out: &mut String,
    text: &str,
    at: usize,
    length: usize,
) {
    if !block::<MOST>(out, text, at, length) {
        append_long(out, text, at, length);
    }
}

/// `false` where it is longer than so many bytes, or too near to the end of `text`.
#[expect(
    clippy::inline_always,
    reason = "a call would cost more than what it does"
)]
#[inline(always)]
fn block<const N: usize>(out: &mut String, text: &str, at: usize, length: usize) -> bool {
    if length <= N
        && let Some(block) = text.get(at..at + N)
    {
        let end = out.len() + length;
        out.push_str(block);
        out.truncate(end);
        true
    } else {
        false
    }
}

/// As much as the longest block.
const PADDING: &str = str_of(&[b' '; 128]);

/// Text that is appended again and again.
#[derive(Debug, Default)]
pub(super) struct Template {
    /// With as much behind it as the longest block.
    text: String,
    length: usize,
}

impl Template {
    /// Puts what is written in the place of what it was.
    #[inline]
    pub(super) fn set(&mut self, write: impl FnOnce(&mut String)) {
        self.text.clear();
        write(&mut self.text);
        self.length = self.text.len();
        self.text.push_str(PADDING);
    }

    #[expect(
        clippy::inline_always,
        reason = "a call would cost more than what it does"
    )]
    #[inline(always)]
    pub(super) fn append_to(&self, out: &mut String) {
        if !block::<64>(out, &self.text, 0, self.length)
            && !block::<128>(out, &self.text, 0, self.length)
        {
            out.push_str(self.text.get(..self.length).unwrap_or_default());
        }
    }
}

/// Numbers of three digits, each with a line feed: what ends a line.
static LAST: &str = str_of(&LAST_BYTES);
/// Numbers below a thousand without leading zeros, each with a line feed, in four bytes.
static FIRST: &str = str_of(&FIRST_BYTES);

static LAST_BYTES: [u8; 4_000] = groups(false);
static FIRST_BYTES: [u8; 4_000] = groups(true);

const fn str_of(bytes: &'static [u8]) -> &'static str {
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
#[expect(
    clippy::inline_always,
    reason = "a call would cost more than what it does"
)]
#[inline(always)]
fn first(out: &mut String, n: usize, line_feed: usize) {
    let digits = 1 + usize::from(n >= 10) + usize::from(n >= 100);
    append_short::<4>(out, FIRST, 4 * n, digits + line_feed);
}

/// Appends a whole number and a line feed.
#[expect(
    clippy::inline_always,
    reason = "a call would cost more than what it does"
)]
#[inline(always)]
pub(super) fn number_line(out: &mut String, n: u64) {
    let group = |n: u64| (n % 1_000) as usize;
    if n < 1_000 {
        first(out, group(n), 1);
    } else if n < 1_000_000 {
        first(out, group(n / 1_000), 0);
        append_short::<4>(out, LAST, 4 * group(n), 4);
    } else {
        long_line(out, n);
    }
}

#[inline(never)]
fn long_line(out: &mut String, n: u64) {
    write_u64(out, n);
    out.push('\n');
}

/// Appends a sample value as [`write_f64`] spells it, and a line feed.
#[inline]
pub(super) fn real_line(out: &mut String, x: f64) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        clippy::float_cmp,
        reason = "whether it is whole is what is asked"
    )]
    let whole = Some(x as u64).filter(|whole| *whole as f64 == x && x < EXACT);
    if let Some(whole) = whole {
        number_line(out, whole);
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
                let mut template = Template::default();
                template.set(|out| out.push_str(&text[at..end]));
                let mut out = String::from("ü");
                template.append_to(&mut out);
                assert_eq!(out, format!("ü{}", &text[at..end]));
            }
        }
    }
}
