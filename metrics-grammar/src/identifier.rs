//! The one grammar under metric names and label names.

/// How a name fails the grammar.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    Empty,
    Start,
    Character,
    Reserved,
    TooLong,
}

/// Whether `name` matches `[a-zA-Z_][a-zA-Z0-9_]*`, does not begin with `__` and has at most `max_length` bytes.
///
/// # Errors
///
/// The first fault with its byte offset, reading from the left; the length comes last.
pub(crate) const fn identifier(name: &[u8], max_length: usize) -> Result<(), (Fault, usize)> {
    if name.is_empty() {
        return Err((Fault::Empty, 0));
    }
    let mut index = 0;
    // Beyond the limit nothing is read, so that the cost is bounded whatever comes in.
    while index < name.len() && index < max_length {
        match name[index] {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {}
            b'0'..=b'9' if index > 0 => {}
            _ if index == 0 => return Err((Fault::Start, 0)),
            _ => return Err((Fault::Character, index)),
        }
        index += 1;
    }
    if let [b'_', b'_', ..] = name {
        return Err((Fault::Reserved, 0));
    }
    if name.len() > max_length {
        return Err((Fault::TooLong, max_length));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::string::String;

    use super::identifier;

    fn starts(character: char) -> bool {
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_".contains(character)
    }

    /// The same, said a second time and in another way.
    fn oracle(name: &str) -> bool {
        name.chars().next().is_some_and(starts)
            && name
                .chars()
                .all(|character| starts(character) || "0123456789".contains(character))
            && !name.starts_with("__")
    }

    /// The three callers of the grammar give the same answer.
    fn check(name: &str) {
        let good = oracle(name);
        assert_eq!(identifier(name.as_bytes(), 64).is_ok(), good, "{name:?}");
        assert_eq!(crate::metric_name(name, 64).is_ok(), good, "{name:?}");
        assert_eq!(crate::label_name(name, 64).is_ok(), good, "{name:?}");
    }

    #[test]
    fn all_two_byte_strings_agree_with_the_grammar() {
        let mut read = 0;
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                if let Ok(name) = core::str::from_utf8(&[first, second]) {
                    read += 1;
                    check(name);
                }
            }
        }
        // 128 x 128 of ASCII and U+0080 to U+07FF.
        assert_eq!(read, 128 * 128 + 0x780);
    }

    #[test]
    fn all_two_byte_strings_that_are_no_text_are_refused() {
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                let name = [first, second];
                let good = core::str::from_utf8(&name).is_ok_and(oracle);
                assert_eq!(identifier(&name, 64).is_ok(), good, "{name:?}");
            }
        }
    }

    #[test]
    fn every_character_agrees_with_the_grammar_in_first_and_second_position() {
        let mut name = String::new();
        for character in '\0'..=char::MAX {
            for before in ["", "a", "_"] {
                name.clear();
                name.push_str(before);
                name.push(character);
                check(&name);
            }
        }
    }
}
