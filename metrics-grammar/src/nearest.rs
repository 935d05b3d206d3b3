//! The known word that an unknown one most likely stands for.

/// The longest word, in bytes, that [`nearest`] compares.
const MAX_WORD_LENGTH: usize = 64;

/// The candidate that `word` most likely stands for, the first of several; `None` where none is near.
///
/// Near is an edit distance (insertions, deletions, replacements, neighbours swapped; case aside) of at most a third of
/// the word, at least one, and less than the whole word. Words over 64 bytes have no neighbours.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.is_empty() || word.len() > MAX_WORD_LENGTH {
        return None;
    }
    let limit = (word.len() / 3).max(1);
    let mut best = None;
    for candidate in candidates {
        if candidate.is_empty() || candidate.len() > MAX_WORD_LENGTH {
            continue;
        }
        let distance = distance(word.as_bytes(), candidate.as_bytes());
        let near = distance <= limit && distance < word.len();
        if near && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The edit distance of two words of at most [`MAX_WORD_LENGTH`] bytes, case aside, in three rows of the usual table
/// (optimal string alignment: a swap of neighbours costs one).
fn distance(left: &[u8], right: &[u8]) -> usize {
    // The rows of the last two letters of `left`, and the one being filled.
    let mut rows = [[0; MAX_WORD_LENGTH + 1]; 3];
    for (column, cell) in rows[2].iter_mut().enumerate() {
        *cell = column;
    }
    for i in 1..=left.len() {
        rows.rotate_left(1);
        let [older, old, row] = &mut rows;
        row[0] = i;
        for j in 1..=right.len() {
            let same = |l: usize, r: usize| left[l].eq_ignore_ascii_case(&right[r]);
            let replaced = old[j - 1] + usize::from(!same(i - 1, j - 1));
            row[j] = replaced.min(old[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1) {
                row[j] = row[j].min(older[j - 2] + 1);
            }
        }
    }
    rows[2][right.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn distances_are_those_of_the_textbook() {
        for (left, right, expected) in [
            ("", "", 0),
            ("abc", "", 3),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("langage", "language", 1),
            ("lable", "label", 1),
            ("ab", "ba", 1),
            ("ca", "abc", 3),
            ("Model", "model", 0),
        ] {
            assert_eq!(
                distance(left.as_bytes(), right.as_bytes()),
                expected,
                "{left} {right}"
            );
            assert_eq!(distance(right.as_bytes(), left.as_bytes()), expected);
        }
    }

    #[test]
    fn the_nearest_is_near() {
        let keys = ["name", "help", "labels", "buckets", "outcome", "in_flight"];
        assert_eq!(nearest("lables", keys), Some("labels"));
        assert_eq!(nearest("bucket", keys), Some("buckets"));
        assert_eq!(nearest("Outcome", keys), Some("outcome"));
        assert_eq!(nearest("inflight", keys), Some("in_flight"));
        assert_eq!(nearest("langage", ["model", "language"]), Some("language"));
        assert_eq!(nearest("zebra", keys), None);
        assert_eq!(nearest("kitten", ["sitting"]), None);
        assert_eq!(nearest("a", ["b"]), None);
        assert_eq!(nearest("", keys), None);
        assert_eq!(nearest("x", []), None);
        // The first of equals, the nearer of two.
        assert_eq!(nearest("cat", ["bat", "hat"]), Some("bat"));
        assert_eq!(
            nearest("labelling", ["labeling_", "labelling"]),
            Some("labelling")
        );
    }

    #[test]
    fn words_over_the_limit_are_passed_over() {
        let long = "a".repeat(65);
        let most = "a".repeat(64);
        assert_eq!(nearest(&long, [most.as_str()]), None);
        assert_eq!(nearest(&most, [long.as_str(), &most]), Some(most.as_str()));
    }
}
