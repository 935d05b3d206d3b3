//! Percent-encoding of what a line cannot hold, so that it can be decoded again.

use std::fmt::Write as _;

/// The bytes of texts that need no second look: printable ASCII but for `refused`, and, where `high` says so, what is
/// beyond ASCII but for the byte that control characters there begin with.
#[derive(Debug)]
pub(crate) struct Plain([bool; 256]);

impl Plain {
    pub(crate) const fn new(refused: &[u8], high: bool) -> Self {
        let mut plain = [false; 256];
        let mut byte = 0;
        while byte < plain.len() {
            plain[byte] = if byte < 0x80 {
                byte > 0x20 && byte < 0x7f
            } else {
                high && byte != 0xc2
            };
            byte += 1;
        }
        let mut place = 0;
        while place < refused.len() {
            plain[refused[place] as usize] = false;
            place += 1;
        }
        Self(plain)
    }

    /// Whether a text has such bytes alone.
    pub(crate) fn is_all(&self, text: &str) -> bool {
        text.bytes().all(|byte| self.0[usize::from(byte)])
    }
}

/// Appends `text` with the characters that `refused` says encoded as `%` and two hexadecimal digits in upper case for
/// each byte. It is told the characters that follow, too.
///
/// A `%` that would read as such an escape is encoded itself, so that two texts never become one.
pub(crate) fn encode(out: &mut String, text: &str, refused: impl Fn(char, &str) -> bool) {
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let (this, after) = rest.split_at(next.len_utf8());
        if refused(next, after) || (next == '%' && begins_with_hex(after)) {
            for byte in this.bytes() {
                // Writing to memory does not fail.
                let _ = write!(out, "%{byte:02X}");
            }
        } else {
            out.push(next);
        }
        rest = after;
    }
}

fn begins_with_hex(text: &str) -> bool {
    let digit = |byte: &u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(byte);
    matches!(text.as_bytes(), [a, b, ..] if digit(a) && digit(b))
}

#[cfg(test)]
pub(crate) fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%' && begins_with_hex(std::str::from_utf8(after).unwrap_or_default()) {
            let digits = std::str::from_utf8(&after[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &after[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(text in "([%0-9A-Fa-f; é\n]|\\PC){0,12}") {
            let mut out = String::new();
            encode(&mut out, &text, |c, _| c == ';' || c == '\n' || c == 'é');
            prop_assert!(!out.contains([';', '\n', 'é']));
            prop_assert_eq!(decode(&out), text);
        }
    }

    #[test]
    fn a_percent_sign_stays_where_it_is_no_escape() {
        let encoded = |text| {
            let mut out = String::new();
            encode(&mut out, text, |c, _| c == ' ');
            out
        };
        assert_eq!(encoded("100%"), "100%");
        assert_eq!(encoded("5 %"), "5%20%");
        assert_eq!(encoded("%20"), "%2520");
        assert_eq!(encoded("%2f"), "%2f");
    }
}
