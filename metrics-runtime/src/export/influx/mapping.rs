//! How InfluxDB sees a metric.

use crate::export::mapping::{Mapping, Rule, VERBATIM};
use crate::export::push::labels::Syntax;
use crate::export::push::percent;

/// Names that a tag cannot have, or that a field of ours has: a column is one or the other.
const TAKEN: [&str; 7] = [
    "_field",
    "_measurement",
    "_time",
    "count",
    "sum",
    "time",
    "value",
];

/// A measurement for each metric.
pub(super) const INFLUX: Mapping = Mapping {
    backend: "influx",
    name: VERBATIM,
    label_name: Rule {
        words: "as it is; `time`, `_time`, `_field` and `_measurement`, which InfluxDB keeps for itself, and `value`, `sum` and `count`, which are fields, with `_` after them",
        write: |out, name| {
            out.push_str(name);
            if TAKEN.contains(&name) {
                out.push('_');
            }
        },
    },
    label_value: Rule {
        words: "comma, `=` and space after a backslash; control characters, and a backslash where it would read as such an escape, as `%` and two hexadecimal digits for each byte; a `%` before two such digits as `%25`",
        write: write_tag_value,
    },
    counter: "the field `value`, an integer (a float for a counter of reals): the total since the process started",
    gauge: "the field `value`, a float",
    histogram: "the fields `count` (an integer), `sum` (a float) and one for each bucket, cumulative, named by its bound: `0.5`, `1`, `+Inf`",
    unit: "in the name",
};

#[cfg(test)]
pub(crate) const MAPPINGS: &[Mapping] = &[INFLUX];

/// How labels stand in a line.
pub(super) const SYNTAX: Syntax = Syntax {
    mapping: &INFLUX,
    before: ',',
    between: '=',
};

/// A tag's value has no line feed and does not end in a backslash ("Line protocol", special characters). Parsers
/// differ in whether a backslash before another one escapes it, so there is never one before a special character.
fn write_tag_value(out: &mut String, value: &str) {
    static PLAIN: percent::Plain = percent::Plain::new(b",=\\%", true);
    if PLAIN.is_all(value) {
        out.push_str(value);
        return;
    }
    let mut rest = value;
    while let Some(at) = rest.find([',', '=', ' ']) {
        let (before, from) = rest.split_at(at);
        let (special, after) = from.split_at(1);
        write_part(out, before);
        out.push('\\');
        out.push_str(special);
        rest = after;
    }
    write_part(out, rest);
}

/// What is before a special character, or at the end; a backslash at its end is never written.
fn write_part(out: &mut String, part: &str) {
    percent::encode(out, part, |c, after| {
        c.is_control() || (c == '\\' && (after.is_empty() || after.starts_with('\\')))
    });
}
