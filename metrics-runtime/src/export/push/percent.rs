//! Percent-encoding of what a line cannot hold, so that it can be decoded again.

use std::fmt::Write as _;

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
