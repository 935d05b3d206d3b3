//! Texts that a thread remembers something by.

/// Texts in one piece, each after its length: one cache line for most.
pub(crate) struct Key(Box<[u8]>);

impl Key {
    pub(crate) fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut bytes = Vec::new();
        for text in texts {
            bytes.extend(length(text).to_ne_bytes());
            bytes.extend(text.as_bytes());
        }
        Self(bytes.into_boxed_slice())
    }

    /// Whether these are the texts.
    #[inline]
    pub(crate) fn is(&self, texts: &[&str]) -> bool {
        let mut pieces = self.pieces();
        texts.iter().all(|text| pieces.next_is(text)) && pieces.are_done()
    }

    /// The texts from the first on, to be compared one by one.
    #[inline]
    pub(crate) const fn pieces(&self) -> Pieces<'_> {
        Pieces(&self.0)
    }
}

#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "nobody remembers texts of 4 GiB: they are cut or refused"
)]
const fn length(text: &str) -> u32 {
    text.len() as u32
}

/// Texts that are not compared yet.
pub(crate) struct Pieces<'a>(&'a [u8]);

impl Pieces<'_> {
    /// Whether the next one is this.
    #[inline]
    pub(crate) fn next_is(&mut self, text: &str) -> bool {
        if let Some((own_length, rest)) = self.0.split_first_chunk()
            && u32::from_ne_bytes(*own_length) == length(text)
            && let Some((own, rest)) = rest.split_at_checked(text.len())
        {
            self.0 = rest;
            same(own, text.as_bytes())
        } else {
            false
        }
    }

    /// Whether there are no more.
    #[inline]
    pub(crate) const fn are_done(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether two texts of one length are equal: they are short, and a call to `memcmp` costs more than to compare them
/// here.
#[inline]
fn same(a: &[u8], b: &[u8]) -> bool {
    // The words from the beginning, and one that ends where the text ends.
    if let (Some(a_end), Some(b_end)) = (a.last_chunk::<8>(), b.last_chunk::<8>()) {
        let words = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0);
        a_end == b_end && words.into_iter().all(|(a, b)| a == b)
    } else if let (Some(a_end), Some(b_end)) = (a.last_chunk::<4>(), b.last_chunk::<4>()) {
        a_end == b_end && a.first_chunk::<4>() == b.first_chunk::<4>()
    } else {
        // These are all of up to three bytes.
        a.first() == b.first() && a.last() == b.last() && a.get(1) == b.get(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_only_its_own_texts() {
        let key = Key::new(["ab", "", "c"]);
        assert!(key.is(&["ab", "", "c"]));
        assert!(!key.is(&["a", "b", "c"]));
        assert!(!key.is(&["ab", "c", ""]));
        assert!(!key.is(&["ab", ""]));
        assert!(!key.is(&["ab", "", "c", ""]));
        assert!(Key::new([]).is(&[]));
    }

    #[test]
    fn texts_of_all_lengths_are_compared_to_their_last_byte() {
        for length in 0..40 {
            let text: String = ('a'..='z').cycle().take(length).collect();
            let key = Key::new(["x", &text]);
            assert!(key.is(&["x", &text]));
            assert!(!key.is(&["x", &format!("{text}a")]));
            for place in 0..length {
                let mut other = text.clone();
                other.replace_range(place..=place, "!");
                assert!(!key.is(&["x", &other]), "{text} is not {other}");
                assert!(!key.is(&["x", text.get(..place).unwrap()]));
            }
        }
    }
}
