//! Names and tags as Datadog takes them.
//!
//! Source: "What best practices are recommended for naming metrics and tags?" and "Getting Started with Tags" at
//! docs.datadoghq.com. What is not allowed would be replaced there; it is replaced here in the same way, so that two
//! series that become one are seen.

use crate::export::mapping::Rule;

/// Characters of a metric's name, and of a tag.
const MOST_CHARACTERS: usize = 200;

/// The longest that is put after a metric's name.
const SUFFIX: usize = ".bucket".len();

/// A metric's name.
pub(super) const NAME: Rule = Rule {
    words: "as it is; from its first letter on; cut at 193 characters",
    write: name,
};

/// The first half of a tag.
pub(super) const KEY: Rule = Rule {
    words: "in lower case; from its first letter on; `__` as `_`",
    write: key,
};

/// The second half, after a colon.
pub(super) const VALUE: Rule = Rule {
    words: "in lower case; other than letters, digits and `_-:./` as `_`; `__` as `_`; without `_` and `:` at the end, and where nothing is left, the tag is its key; the tag cut at 200 characters",
    write: value,
};

/// Appends a metric's name. Ours are letters, digits and underscores already.
fn name(out: &mut String, name: &str) {
    let name = name.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let name = if name.is_empty() { "metric" } else { name };
    out.push_str(name.get(..MOST_CHARACTERS - SUFFIX).unwrap_or(name));
}

/// Appends the key of a tag.
fn key(out: &mut String, name: &str) {
    let start = out.len();
    let name = name.trim_start_matches(|c: char| !c.is_alphabetic());
    cleaned(out, start, if name.is_empty() { "label" } else { name });
}

/// Appends the value of a tag, as it stands after the colon.
fn value(out: &mut String, value: &str) {
    cleaned(out, out.len(), value);
}

/// Appends a whole tag.
pub(super) fn write_tag(out: &mut String, name: &str, text: &str) {
    let start = out.len();
    (KEY.write)(out, name);
    out.push(':');
    (VALUE.write)(out, text);
    let tag = out.get(start..).unwrap_or_default();
    let cut = tag.char_indices().nth(MOST_CHARACTERS);
    let cut = cut.map_or(tag.len(), |(at, _)| at);
    let tag = tag.get(..cut).unwrap_or_default();
    let length = tag.trim_end_matches(['_', ':']).len();
    out.truncate(start + length);
}

/// Appends the characters of a text as tags have them. `start` is where the tag begins.
fn cleaned(out: &mut String, start: usize, text: &str) {
    let mut push = |c: char| {
        let allowed = c.is_alphanumeric() || "_-:./".contains(c);
        let c = if allowed { c } else { '_' };
        if c != '_' || !out.get(start..).is_some_and(|tag| tag.ends_with('_')) {
            out.push(c);
        }
    };
    for c in text.chars() {
        if c.is_ascii() {
            push(c.to_ascii_lowercase());
        } else {
            c.to_lowercase().for_each(&mut push);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(name: &str, value: &str) -> String {
        let mut out = String::new();
        write_tag(&mut out, name, value);
        out
    }

    #[test]
    fn tags_are_as_datadog_makes_them() {
        for (name, value, expected) in [
            ("method", "GET", "method:get"),
            ("route", "/a/b.c-d:e", "route:/a/b.c-d:e"),
            ("route", "/user s/{id}", "route:/user_s/_id"),
            ("a__b", "c___d", "a_b:c_d"),
            ("_private", "x", "private:x"),
            ("_", "x", "label:x"),
            ("quote", "\"", "quote"),
            ("colon", "::", "colon"),
            ("trailing", "x_", "trailing:x"),
            ("leading", "_x", "leading:_x"),
            ("text", "ünïcödé ÄÖ", "text:ünïcödé_äö"),
            ("text", "日本語", "text:日本語"),
            ("text", "a\n\u{0}\u{7}b", "text:a_b"),
            ("text", "🦀", "text"),
        ] {
            assert_eq!(tag(name, value), expected, "{name}={value:?}");
        }
        assert_eq!(tag("k", &"é".repeat(300)).chars().count(), 200);
        // Cut, it ends in what must not be at the end.
        let cut = tag("k", &format!("{}:_rest", "x".repeat(196)));
        assert_eq!(cut.len(), 198);
    }

    #[test]
    fn a_name_begins_with_a_letter_and_has_room_for_what_follows() {
        let name = |text: &str| {
            let mut out = String::new();
            (NAME.write)(&mut out, text);
            out
        };
        assert_eq!(name("whisper_jobs_total"), "whisper_jobs_total");
        assert_eq!(name("_hidden"), "hidden");
        assert_eq!(name("__"), "metric");
        assert_eq!(name(&"a".repeat(250)).len(), 193);
    }
}
