//! How Graphite sees a metric: with tags, or as a dotted path.

use crate::export::mapping::{Mapping, Rule, VERBATIM};
use crate::export::push::labels::Syntax;
use crate::export::push::percent;

const COUNTER: &str = "the total since the process started";
const GAUGE: &str = "the value";
const UNIT: &str = "in the name";

/// `name;key=value`.
pub(super) const TAGS: Mapping = Mapping {
    backend: "graphite, with tags",
    name: VERBATIM,
    label_name: Rule {
        words: "as it is; `name`, under which Graphite keeps the metric's own name, becomes `name_`",
        write: |out, name| {
            out.push_str(name);
            if name == "name" {
                out.push('_');
            }
        },
    },
    label_value: Rule {
        words: "as it is, but white space, control characters, `;`, `\"` and a leading `~` as `%` and two hexadecimal digits for each byte; a `%` before two such digits as `%25`",
        write: write_tag_value,
    },
    counter: COUNTER,
    gauge: GAUGE,
    histogram: "`name_bucket` with the tag `le` (cumulative), `name_sum`, `name_count`",
    unit: UNIT,
};

/// `name.key.value`.
pub(super) const PATHS: Mapping = Mapping {
    backend: "graphite, as paths",
    name: VERBATIM,
    label_name: VERBATIM,
    label_value: Rule {
        words: "bytes outside of `[A-Za-z0-9_-]` as `_` and two hexadecimal digits",
        write: write_path_word,
    },
    counter: COUNTER,
    gauge: GAUGE,
    histogram: "`name_bucket.key.value.le.bound` (cumulative), `name_sum`, `name_count`",
    unit: UNIT,
};

#[cfg(test)]
pub(crate) const MAPPINGS: &[Mapping] = &[TAGS, PATHS];

/// How labels stand in a line.
pub(super) fn syntax(tags: bool) -> Syntax {
    if tags {
        Syntax {
            mapping: &TAGS,
            before: ';',
            between: '=',
        }
    } else {
        Syntax {
            mapping: &PATHS,
            before: '.',
            between: '.',
        }
    }
}

/// A tag's value is not empty, has no `;` and does not begin with `~` (Graphite 1.1, "Tag Support"). Carbon splits
/// lines at whatever Python takes for white space, and takes a path that ends in `"}` for another format.
fn write_tag_value(out: &mut String, value: &str) {
    static PLAIN: percent::Plain = percent::Plain::new(b";\"%", false);
    if PLAIN.is_all(value) && !value.starts_with('~') {
        out.push_str(value);
        return;
    }
    let rest = match value.strip_prefix('~') {
        Some(rest) => {
            out.push_str("%7E");
            rest
        }
        None => value,
    };
    percent::encode(out, rest, |c, _| {
        c.is_whitespace() || c.is_control() || c == ';' || c == '"'
    });
}

fn write_path_word(out: &mut String, value: &str) {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if value.bytes().all(plain) {
        out.push_str(value);
        return;
    }
    for byte in value.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push('_');
            for digit in [byte >> 4, byte & 15] {
                out.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
            }
        }
    }
}
