//! What a thread remembers something by: a number of 128 bits made of texts, as good as the texts themselves.
//!
//! It is NH, the universal hash of UMAC (Black, Halevi, Krawczyk, Krovetz and Rogaway, 1999), with keys of 64 bits that are
//! random in each process: for any two inputs that differ, the probability that their tags agree is 2^-64 (2^-63 where they
//! are of different lengths), whatever the inputs are, as long as nobody sees tags or keys. A tag is compared with the four
//! in one set of a table only, and the same again each time the same texts come. If a process uses a hundred thousand series
//! in each of a thousand threads, and each meets all others, that is 10^13 pairs: one process in a million confuses two of
//! them, once in its life. Memory fails more often. In return the texts are neither kept nor compared, which is most of the
//! cost of recording by label values. Where a series is made, the texts are compared.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

/// Stands for a number and texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tag(u128);

/// Two words of eight bytes each.
type Pair = [u64; 2];

/// Pairs that have keys; what has more is not remembered.
const MOST: usize = 256;

/// Bytes of a text that is one pair.
const SHORT: usize = 16;

/// What a pair is, after those that tell how long a short text is.
const LENGTH: usize = SHORT + 1;
const PART: usize = SHORT + 2;
const NUMBER: usize = SHORT + 3;

struct Keys {
    pairs: [Pair; MOST],
    /// For what a pair is.
    meanings: [u64; NUMBER + 1],
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let random = RandomState::new();
    Keys {
        pairs: std::array::from_fn(|place| [0, 1].map(|word| random.hash_one((place, word)))),
        meanings: std::array::from_fn(|meaning| random.hash_one(meaning)),
    }
});

/// Makes a tag, text by text.
///
/// A text of up to sixteen bytes is one pair, its first bytes and its last ones, which may be the same; a longer one is its
/// length and as many pairs as it needs. What a pair is, and the length of a short text, chooses a key that is added. So no
/// sequence of so many texts is the pairs of another.
pub(crate) struct Tagger {
    keys: &'static Keys,
    sum: u128,
    /// Pairs so far. Beyond the most, keys are used again, and there is no tag in the end.
    pairs: usize,
}

impl Tagger {
    #[inline]
    pub(crate) fn new() -> Self {
        Self {
            keys: &KEYS,
            sum: 0,
            pairs: 0,
        }
    }

    #[inline]
    fn pair(&mut self, [a, b]: Pair, meaning: u64) {
        let [first, second] = self.keys.pairs[self.pairs % MOST];
        let (a, b) = (
            a.wrapping_add(first),
            b.wrapping_add(second).wrapping_add(meaning),
        );
        self.sum = self.sum.wrapping_add(u128::from(a) * u128::from(b));
        self.pairs += 1;
    }

    #[inline]
    pub(crate) fn text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        if bytes.len() <= SHORT
            && let Some(meaning) = self.keys.meanings.get(bytes.len())
        {
            self.pair(short(bytes), *meaning);
        } else {
            let (sum, pairs) = long(self.keys, self.sum, self.pairs, bytes);
            self.sum = sum;
            self.pairs = pairs;
        }
    }

    /// The tag of all texts and a number; `None` where they are too long.
    #[inline]
    pub(crate) fn tag(mut self, number: u64) -> Option<Tag> {
        self.pair([number, 0], self.keys.meanings[NUMBER]);
        (self.pairs <= MOST).then_some(Tag(self.sum))
    }
}

/// Adds a text of more than sixteen bytes after so many pairs; returns the sum and how many pairs there are then. It gets
/// what fits in registers, so that a tagger need not be in memory.
#[inline(never)]
fn long(keys: &'static Keys, sum: u128, pairs: usize, bytes: &[u8]) -> (u128, usize) {
    let mut tagger = Tagger { keys, sum, pairs };
    tagger.pair([bytes.len() as u64, 0], keys.meanings[LENGTH]);
    let mut rest = bytes;
    while let Some((pair, after)) = rest.split_first_chunk()
        && !after.is_empty()
    {
        tagger.pair(whole(*pair), keys.meanings[PART]);
        rest = after;
    }
    if let Some(last) = bytes.last_chunk() {
        tagger.pair(whole(*last), keys.meanings[PART]);
    }
    (tagger.sum, tagger.pairs)
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the halves are meant")]
const fn whole(bytes: [u8; 16]) -> Pair {
    let both = u128::from_le_bytes(bytes);
    [both as u64, (both >> 64) as u64]
}

/// Up to sixteen bytes. Of another length other bytes may be the same pair.
#[inline]
fn short(bytes: &[u8]) -> Pair {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        [first, last].map(|bytes| u64::from_le_bytes(*bytes))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        [first, last].map(|bytes| u32::from_le_bytes(*bytes).into())
    } else if let (Some(first), Some(last)) = (bytes.first(), bytes.last())
        && let Some(middle) = bytes.get(bytes.len() / 2)
    {
        // These are all of up to three.
        [u64::from(*first) << 8 | u64::from(*middle), (*last).into()]
    } else {
        [0; 2]
    }
}

impl Tag {
    /// Stands where there is nothing.
    pub(crate) const NOTHING: Self = Self(0);

    /// A hash of which all bits are as good as any.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the halves are meant")]
    pub(crate) const fn hash(self) -> u64 {
        let mixed = self.0 as u64 ^ ((self.0 >> 64) as u64).rotate_left(32);
        // Any odd number would do: all bits of the sum reach the lowest ones, which choose a place in a table, and the
        // highest.
        let product = mixed as u128 * 0x9e37_79b9_7f4a_7c15;
        product as u64 ^ (product >> 64) as u64
    }
}

/// The tag of a number and texts; `None` where they are too long.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a tag is in registers")]
pub(crate) fn tag(number: u64, texts: &[&str]) -> Option<Tag> {
    let mut tagger = Tagger::new();
    for text in texts {
        tagger.text(text);
    }
    tagger.tag(number)
}

/// Hashes a number and texts of any length, with random keys too.
pub(crate) fn hash(number: u64, texts: &[&str]) -> u64 {
    static RANDOM: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    tag(number, texts).map_or_else(|| RANDOM.hash_one((number, texts)), Tag::hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn of(texts: &[&str]) -> Tag {
        tag(7, texts).unwrap()
    }

    #[test]
    fn a_tag_is_of_its_own_texts_only() {
        assert_eq!(of(&["ab", "", "c"]), of(&["ab", "", "c"]));
        assert_ne!(of(&["ab", "", "c"]), of(&["a", "b", "c"]));
        assert_ne!(of(&["ab", "", "c"]), of(&["ab", "c", ""]));
        assert_ne!(of(&["ab", ""]), of(&["", "ab"]));
        assert_ne!(of(&["a", "b"]), of(&["b", "a"]));
        assert_ne!(of(&["\0"]), of(&[""]));
        assert_ne!(of(&["aaaa"]), of(&["aaaaa"]));
        assert_ne!(of(&["aaaaaaaa"]), of(&["aaaaaaaaa"]));
        assert_ne!(of(&[&"a".repeat(16)]), of(&[&"a".repeat(17)]));
        assert_ne!(of(&[&"a".repeat(300)]), of(&[&"a".repeat(301)]));
        assert_ne!(tag(1, &["a"]), tag(2, &["a"]));
        for place in 0..20 {
            for other in ["", "b", "aa", "aaaaaaaaaaaaaaaaa"] {
                let mut changed = ["a"; 20];
                changed[place] = other;
                assert_ne!(of(&["a"; 20]), of(&changed));
            }
        }
    }

    #[test]
    fn texts_of_all_lengths_differ_in_each_byte() {
        for length in (0..70).chain([254, 255, 256, 300]) {
            let text: String = ('a'..='z').cycle().take(length).collect();
            let own = of(&["x", &text, "y"]);
            assert_eq!(own, of(&["x", &text, "y"]));
            assert_ne!(own, of(&["x", &format!("{text}a"), "y"]));
            for place in 0..length {
                let mut other = text.clone();
                other.replace_range(place..=place, "!");
                assert_ne!(own, of(&["x", &other, "y"]), "{text} is not {other}");
                assert_ne!(own, of(&["x", text.get(..place).unwrap(), "y"]));
            }
        }
    }

    #[test]
    fn what_is_too_long_has_a_hash_but_no_tag() {
        // A pair for each sixteen bytes, one for the length, and one for the number and all lengths.
        let longest = "a".repeat(16 * (MOST - 2));
        assert!(tag(7, &[&longest]).is_some());
        for more in [1, 16, 16 * MOST, 100 * MOST] {
            let longer = format!("{longest}{}", "b".repeat(more));
            assert!(tag(7, &[&longer]).is_none(), "{more}");
            assert_eq!(hash(7, &[&longer]), hash(7, &[&longer]));
            assert_ne!(hash(7, &[&longer]), hash(8, &[&longer]));
            assert_ne!(hash(7, &[&longer]), hash(7, &[&longest]));
        }
    }

    #[test]
    fn tags_and_hashes_are_all_different_and_spread_evenly() {
        // What clients have: a running number.
        let (mut low, mut high) = ([0; 256], [0; 256]);
        let (mut tags, mut hashes) = (HashSet::new(), HashSet::new());
        for i in 0..65_536 {
            let tag = of(&[&format!("/api/{i}"), "get"]);
            let hash = tag.hash();
            assert!(tags.insert(tag) && hashes.insert(hash));
            low[usize::try_from(hash % 256).unwrap()] += 1;
            high[usize::try_from(hash >> 56).unwrap()] += 1;
        }
        // 256 expected each; a deviation of six sigma is 96.
        assert!(
            low.iter()
                .chain(&high)
                .all(|count| (160..352).contains(count))
        );
    }
}
