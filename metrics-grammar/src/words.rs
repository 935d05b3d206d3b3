//! The words of a name, which `_` separates, in constant functions.

/// Whether two byte strings are the same (`==` is not constant yet).
pub(crate) const fn equal(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// Whether `word` is one of `words`.
pub(crate) const fn contains(words: &[&str], word: &[u8]) -> bool {
    let mut index = 0;
    while index < words.len() {
        if equal(words[index].as_bytes(), word) {
            return true;
        }
        index += 1;
    }
    false
}

/// What stands before the last `_` and what after it; all of it is the last word where there is none.
pub(crate) const fn split_last(name: &[u8]) -> (&[u8], &[u8]) {
    let mut start = name.len();
    while start > 0 {
        if name[start - 1] == b'_' {
            let (before, word) = name.split_at(start);
            return (before.split_at(start - 1).0, word);
        }
        start -= 1;
    }
    (&[], name)
}

/// The name less one final `_total`, where something stands before it.
pub(crate) const fn without_total(name: &[u8]) -> &[u8] {
    match split_last(name) {
        (before, b"total") if !before.is_empty() => before,
        _ => name,
    }
}

/// Whether the last words of `name` are `words`, whole.
pub(crate) const fn ends_in(name: &[u8], words: &str) -> bool {
    let words = words.as_bytes();
    if name.len() < words.len() {
        return false;
    }
    let (before, end) = name.split_at(name.len() - words.len());
    equal(end, words) && matches!(before, [] | [.., b'_'])
}

#[cfg(test)]
mod tests {
    use super::{contains, ends_in, equal, split_last, without_total};

    #[test]
    fn equality_is_exact() {
        assert!(equal(b"", b"") && equal(b"ab", b"ab"));
        assert!(!equal(b"ab", b"ac") && !equal(b"ab", b"abc") && !equal(b"abc", b"ab"));
        assert!(contains(&["a", "b"], b"b") && !contains(&["a", "b"], b"c"));
    }

    #[test]
    fn the_last_word_is_whole() {
        assert_eq!(split_last(b"a_b_cd"), (&b"a_b"[..], &b"cd"[..]));
        assert_eq!(split_last(b"cd"), (&b""[..], &b"cd"[..]));
        assert_eq!(split_last(b"_cd"), (&b""[..], &b"cd"[..]));
        assert_eq!(split_last(b"cd_"), (&b"cd"[..], &b""[..]));
        assert_eq!(split_last(b""), (&b""[..], &b""[..]));
    }

    #[test]
    fn total_needs_something_before_it() {
        assert_eq!(without_total(b"a_total"), b"a");
        assert_eq!(without_total(b"a_total_total"), b"a_total");
        for name in [&b"total"[..], b"_total", b"a_subtotal", b"total_a"] {
            assert_eq!(without_total(name), name);
        }
    }

    #[test]
    fn ends_are_whole_words() {
        assert!(ends_in(b"x_job_queue", "job_queue") && ends_in(b"job_queue", "job_queue"));
        assert!(!ends_in(b"xjob_queue", "job_queue") && !ends_in(b"queue", "job_queue"));
    }
}
