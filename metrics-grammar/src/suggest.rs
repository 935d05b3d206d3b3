//! What to write instead: never a second copy of a rule, since every suggestion has passed the rules before it is made.

use core::fmt;

use crate::labels::{MAX_LABEL_NAME_LENGTH, label_for};
use crate::names::{
    Kind, MAX_METRIC_NAME_LENGTH, RESERVED_SUFFIXES, TYPE_WORDS, declared_name, metric_name,
};
use crate::units::base_of;

/// A name to write instead of the one it borrows; its `Display` is that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suggestion<'a> {
    name: &'a str,
    purpose: Purpose,
}

/// What a suggested name must be good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Metric,
    Declaration(Kind),
    Label,
}

/// The name to write instead of `name`: for a declared metric of this kind, or for any metric where there is no kind.
///
/// It satisfies [`declared_name`] or [`metric_name`] at the default length. `None` where `name` is
/// already so, and where nothing sensible remains of it.
#[must_use]
pub fn name_suggestion(name: &str, kind: Option<Kind>) -> Option<Suggestion<'_>> {
    suggestion(name, kind.map_or(Purpose::Metric, Purpose::Declaration))
}

/// The label name to write instead of `name`.
///
/// It satisfies [`label_for`] of every kind at the default length. `None` where `name` is already so, and where nothing
/// sensible remains of it.
#[must_use]
pub fn label_suggestion(name: &str) -> Option<Suggestion<'_>> {
    suggestion(name, Purpose::Label)
}

impl fmt::Display for Suggestion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Made again rather than kept: the value stays two words, and this path ends in an error message.
        f.pad(
            repair(self.name, self.purpose)
                .as_ref()
                .map_or("", Text::as_str),
        )
    }
}

fn suggestion(name: &str, purpose: Purpose) -> Option<Suggestion<'_>> {
    let repaired = repair(name, purpose)?;
    let text = repaired.as_str();
    let good = match purpose {
        Purpose::Metric => metric_name(text, MAX_METRIC_NAME_LENGTH).is_ok(),
        Purpose::Declaration(kind) => declared_name(text, kind, MAX_METRIC_NAME_LENGTH).is_ok(),
        // A histogram has the most reserved labels.
        Purpose::Label => label_for(text, Kind::Histogram, MAX_LABEL_NAME_LENGTH).is_ok(),
    };
    (good && text != name).then_some(Suggestion { name, purpose })
}

fn repair(name: &str, purpose: Purpose) -> Option<Text> {
    let mut words = snake_case(name)?;
    if let Purpose::Declaration(kind) = purpose {
        words = declare(words.as_str(), kind)?;
    }
    let text = words.as_str();
    let first = text.bytes().next()?;
    let private = name.starts_with('_') && !name.starts_with("__");
    if !private && !first.is_ascii_digit() {
        return Some(words);
    }
    let mut prefixed = Text::new();
    prefixed.push(b'_')?;
    prefixed.push_all(text)?;
    Some(prefixed)
}

/// The words of a name in lower case with one `_` between two, none around them: `httpRequests`, `HTTP-Requests`.
fn snake_case(name: &str) -> Option<Text> {
    let mut text = Text::new();
    let mut before = None;
    let mut rest = name.chars().peekable();
    while let Some(character) = rest.next() {
        let character = match character {
            // The two micro signs: `µs` is `us`.
            '\u{b5}' | '\u{3bc}' => 'u',
            // What other letters stand for is the author's to say.
            other if !other.is_ascii() => return None,
            other => other,
        };
        if character.is_ascii_alphanumeric() {
            let hump = character.is_ascii_uppercase()
                && before.is_some_and(|before: char| {
                    before.is_ascii_lowercase()
                        || before.is_ascii_digit()
                        || (before.is_ascii_uppercase()
                            && rest.peek().is_some_and(char::is_ascii_lowercase))
                });
            let separated = before.is_some_and(|before| !before.is_ascii_alphanumeric());
            if (hump || separated) && !text.as_str().is_empty() {
                text.push(b'_')?;
            }
            text.push(u8::try_from(character.to_ascii_lowercase()).ok()?)?;
        }
        before = Some(character);
    }
    Some(text)
}

/// The same words as the rules for declarations want them.
fn declare(name: &str, kind: Kind) -> Option<Text> {
    let mut text = Text::new();
    for word in name.split('_').filter(|word| !TYPE_WORDS.contains(word)) {
        text.push_word(word)?;
    }
    loop {
        let last = text.last_word();
        // `sessions_created_total` counts sessions; the others say no more than `_total` does.
        let kept = kind == Kind::Counter && last == "created";
        if last.is_empty() || (last != "total" && (kept || !RESERVED_SUFFIXES.contains(&last))) {
            break;
        }
        text.pop_word();
    }
    if let Some(base) = base_of(text.last_word().as_bytes()) {
        text.pop_word();
        if text.last_word() != base {
            text.push_word(base)?;
        }
    }
    if kind == Kind::Counter {
        text.push_word("total")?;
    }
    Some(text)
}

/// A name being made, without an allocator; full, it refuses.
struct Text {
    bytes: [u8; Self::CAPACITY],
    length: usize,
}

impl Text {
    /// Room for words that are dropped again before the length is checked.
    const CAPACITY: usize = 2 * MAX_METRIC_NAME_LENGTH;

    const fn new() -> Self {
        Self {
            bytes: [0; Self::CAPACITY],
            length: 0,
        }
    }

    fn as_str(&self) -> &str {
        // Only ASCII is ever pushed, so the other branch is never taken.
        core::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }

    fn push(&mut self, byte: u8) -> Option<()> {
        *self.bytes.get_mut(self.length)? = byte;
        self.length += 1;
        Some(())
    }

    fn push_all(&mut self, text: &str) -> Option<()> {
        text.bytes().try_for_each(|byte| self.push(byte))
    }

    fn push_word(&mut self, word: &str) -> Option<()> {
        if self.length > 0 {
            self.push(b'_')?;
        }
        self.push_all(word)
    }

    fn last_word(&self) -> &str {
        self.as_str().rsplit('_').next().unwrap_or_default()
    }

    fn pop_word(&mut self) {
        self.length = self.as_str().rfind('_').unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    use std::string::{String, ToString};

    use super::{label_suggestion, name_suggestion};
    use crate::labels::{MAX_LABEL_NAME_LENGTH, label_for, label_name};
    use crate::names::{Kind, MAX_METRIC_NAME_LENGTH as MAX, declared_name, metric_name};

    const KINDS: [Kind; 3] = [Kind::Counter, Kind::Gauge, Kind::Histogram];

    /// Everything that may be shown for `name` passes the rules and is something else.
    fn check(name: &str) -> usize {
        let mut made = 0;
        for kind in KINDS {
            if let Some(suggestion) = name_suggestion(name, Some(kind)) {
                made += 1;
                let text = suggestion.to_string();
                assert_eq!(
                    declared_name(&text, kind, MAX),
                    Ok(()),
                    "{name:?}: {text:?}"
                );
                assert_ne!(text, name);
            }
        }
        if let Some(suggestion) = name_suggestion(name, None) {
            made += 1;
            let text = suggestion.to_string();
            assert_eq!(metric_name(&text, MAX), Ok(()), "{name:?}: {text:?}");
            assert_ne!(text, name);
        }
        if let Some(suggestion) = label_suggestion(name) {
            made += 1;
            let text = suggestion.to_string();
            assert_eq!(
                label_name(&text, MAX_LABEL_NAME_LENGTH),
                Ok(()),
                "{name:?}: {text:?}"
            );
            assert_eq!(
                label_for(&text, Kind::Histogram, MAX_LABEL_NAME_LENGTH),
                Ok(())
            );
            assert_ne!(text, name);
        }
        made
    }

    #[test]
    fn names_are_repaired() {
        use Kind::{Counter, Gauge, Histogram};
        for (name, kind, expected) in [
            ("http-requests", None, "http_requests"),
            ("httpRequests", None, "http_requests"),
            ("HTTPRequests", None, "http_requests"),
            ("http2Requests", None, "http2_requests"),
            ("2xx", None, "_2xx"),
            ("a:b", None, "a_b"),
            ("a - b", None, "a_b"),
            ("__name", None, "name"),
            ("-a-", None, "a"),
            ("_a-b", None, "_a_b"),
            ("http-requests", Some(Counter), "http_requests_total"),
            ("requests", Some(Counter), "requests_total"),
            ("requests_count", Some(Counter), "requests_total"),
            ("requests_counter", Some(Counter), "requests_total"),
            ("requestsCounter", Some(Counter), "requests_total"),
            ("requests_counter_total", Some(Counter), "requests_total"),
            ("requests_total_total", Some(Counter), "requests_total"),
            ("sessions_created", Some(Counter), "sessions_created_total"),
            ("sent_kb_total", Some(Counter), "sent_bytes_total"),
            ("requests_total", Some(Gauge), "requests"),
            ("users_count", Some(Gauge), "users"),
            ("gauge_2xx", Some(Gauge), "_2xx"),
            ("cpu_percent", Some(Gauge), "cpu_ratio"),
            ("x_ms", Some(Histogram), "x_seconds"),
            ("x_µs", Some(Histogram), "x_seconds"),
            ("x_kb", Some(Histogram), "x_bytes"),
            ("x_kilograms", Some(Histogram), "x_grams"),
            ("latencyMs", Some(Histogram), "latency_seconds"),
            ("x_seconds_ms", Some(Histogram), "x_seconds"),
            ("x_ms_sum", Some(Histogram), "x_seconds"),
        ] {
            let text = name_suggestion(name, kind).map(|suggestion| suggestion.to_string());
            assert_eq!(text.as_deref(), Some(expected), "{name:?}");
        }
    }

    #[test]
    fn nothing_sensible_is_no_suggestion() {
        use Kind::{Counter, Gauge};
        for (name, kind) in [
            ("", None),
            ("_", None),
            ("---", None),
            ("größe", None),
            ("日本", None),
            ("requests", None),
            ("requests_total", Some(Counter)),
            ("total", Some(Counter)),
            ("counter", Some(Counter)),
            ("gauge", Some(Gauge)),
            ("count", Some(Gauge)),
            ("distance_m", Some(Gauge)),
        ] {
            assert_eq!(name_suggestion(name, kind), None, "{name:?}");
        }
        // Too long stays too long, with and without what is put on.
        assert_eq!(name_suggestion(&"a".repeat(MAX + 1), None), None);
        assert_eq!(name_suggestion(&"a".repeat(MAX), Some(Counter)), None);
        assert_eq!(name_suggestion(&"a-".repeat(10 * MAX), None), None);
    }

    #[test]
    fn labels_are_repaired() {
        for (name, expected) in [
            ("status-code", Some("status_code")),
            ("statusCode", Some("status_code")),
            ("__name__", Some("name")),
            ("2nd", Some("_2nd")),
            ("a:b", Some("a_b")),
            ("latency_ms", None),
            ("status", None),
            ("le", None),
            ("__le__", None),
            ("Quantile", None),
            ("", None),
        ] {
            let text = label_suggestion(name).map(|suggestion| suggestion.to_string());
            assert_eq!(text.as_deref(), expected, "{name:?}");
        }
    }

    #[test]
    fn suggestions_for_all_two_byte_strings_pass_the_rules() {
        let mut made = 0;
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                if let Ok(name) = core::str::from_utf8(&[first, second]) {
                    made += check(name);
                }
            }
        }
        assert!(made > 10_000, "only {made}, which proves little");
    }

    #[test]
    fn suggestions_for_many_made_up_names_pass_the_rules() {
        const PARTS: [&str; 32] = [
            "a",
            "B",
            "7",
            "_",
            "__",
            "-",
            ":",
            ".",
            " ",
            "é",
            "µ",
            "http",
            "HTTP",
            "Requests",
            "total",
            "_total",
            "count",
            "_sum",
            "bucket",
            "created",
            "counter",
            "Gauge",
            "_ms",
            "m",
            "seconds",
            "kilo",
            "bytes",
            "percent",
            "le",
            "quantile",
            "\n",
            "long_long_long_long_long_long_word",
        ];
        // xorshift, seeded: the same names in every run.
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = |bound: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % bound as u64).unwrap_or_default()
        };
        let mut made = 0;
        let mut name = String::new();
        for _ in 0..50_000 {
            name.clear();
            for _ in 0..=next(7) {
                name.push_str(PARTS[next(PARTS.len())]);
            }
            made += check(&name);
        }
        assert!(made > 50_000, "only {made}, which proves little");
    }
}
