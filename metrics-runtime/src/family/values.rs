//! The label values of a series, kept in one piece.

/// Label values in the order of the family's declaration.
///
/// Each stands after its length, as two characters: one piece of memory, which whoever compares them reads in order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Values(Box<str>);

/// What a character tells of a length: below the surrogates, which are none.
const PART: usize = 0x8000;

impl Values {
    pub(crate) fn new(texts: &[&str]) -> Self {
        // Lengths up to 127 take two bytes.
        let mut all = String::with_capacity(texts.iter().map(|text| text.len() + 2).sum());
        for text in texts {
            all.extend([text.len() % PART, text.len() / PART].map(part));
            all.push_str(text);
        }
        Self(all.into_boxed_str())
    }

    pub(crate) fn get(&self, index: usize) -> &str {
        self.iter().nth(index).unwrap_or_default()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || {
            let mut chars = rest.chars();
            let (low, high) = (chars.next()? as usize, chars.next()? as usize);
            let (text, after) = chars.as_str().split_at_checked(high * PART + low)?;
            rest = after;
            Some(text)
        })
    }

    pub(crate) fn matches(&self, texts: &[&str]) -> bool {
        self.iter().eq(texts.iter().copied())
    }
}

/// A part of a length; more than a gigabyte is none.
fn part(length: usize) -> char {
    let length = u32::try_from(length).ok();
    length.and_then(char::from_u32).unwrap_or('\u{d7ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_and_match_only_themselves() {
        let values = Values::new(&["ab", "", "c"]);
        assert_eq!(values.iter().collect::<Vec<_>>(), ["ab", "", "c"]);
        assert!(values.matches(&["ab", "", "c"]));
        assert!(!values.matches(&["a", "b", "c"]));
        assert!(!values.matches(&["ab", "c", ""]));
        assert!(!values.matches(&["ab", ""]));
        assert!(!values.matches(&["ab", "", "c", ""]));
        assert!(Values::new(&[]).matches(&[]));
    }

    #[test]
    fn values_of_any_length_come_back() {
        for length in [
            0, 1, 127, 128, 2047, 2048, 32_767, 32_768, 32_769, 70_000, 3_000_000,
        ] {
            let long = "\u{e4}".repeat(length / 2) + &"x".repeat(length % 2);
            let values = Values::new(&["a", &long, "b"]);
            assert_eq!(
                [0, 1, 2, 3].map(|place| values.get(place)),
                ["a", &long, "b", ""]
            );
        }
    }
}
