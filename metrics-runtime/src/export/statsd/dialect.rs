//! The dialects: how names and labels are written.

use crate::export::mapping::{Mapping, Rule};

/// How labels are written, which differs from server to server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatsdDialect {
    /// In the name: `name.key.value`. Every server takes that.
    #[default]
    Plain,
    /// As Datadog's agent, Telegraf and others take them: `name:1|c|#key:value,key:value`.
    DogStatsd,
    /// As Graphite's tags: `name;key=value`.
    Graphite,
    /// As InfluxDB's tags, for Telegraf: `name,key=value`.
    Influx,
}

impl StatsdDialect {
    /// The dialect that `STATSD_DIALECT` calls so.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "plain" => Self::Plain,
            "dogstatsd" => Self::DogStatsd,
            "graphite" => Self::Graphite,
            "influx" => Self::Influx,
            _ => return None,
        })
    }

    pub(super) const fn mapping(self) -> &'static Mapping {
        match self {
            Self::Plain => &PLAIN,
            Self::DogStatsd => &DOGSTATSD,
            Self::Graphite => &GRAPHITE,
            Self::Influx => &INFLUX,
        }
    }

    pub(super) const fn labels(self) -> Labels {
        let (open, between, assign, in_name) = match self {
            Self::Plain => (".", ".", '.', true),
            Self::DogStatsd => ("|#", ",", ':', false),
            Self::Graphite => (";", ";", '=', true),
            Self::Influx => (",", ",", '=', true),
        };
        Labels {
            open,
            between,
            assign,
            in_name,
        }
    }
}

/// What stands around labels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Labels {
    /// Before the first.
    pub(super) open: &'static str,
    /// Before each further one.
    pub(super) between: &'static str,
    /// Between name and value.
    pub(super) assign: char,
    /// Whether they belong to the name, or stand at the end of the line.
    pub(super) in_name: bool,
}

const WORD: Rule = Rule {
    words: "bytes outside `[A-Za-z0-9_-]` as `_` and two hex digits",
    write: |out, text| write(out, text, |c| c == '_' || c == '-'),
};

const DOTTED: Rule = Rule {
    words: "bytes outside `[A-Za-z0-9_.-]` as `_` and two hex digits",
    write: |out, text| write(out, text, |c| matches!(c, '_' | '-' | '.')),
};

const TAG: Rule = Rule {
    words: "letters and digits of any script, `_`, `-`, `.` and `/` as they are, bytes of others as `_` and two hex digits",
    write: |out, text| {
        write(out, text, |c| {
            matches!(c, '_' | '-' | '.' | '/') || (!c.is_ascii() && c.is_alphanumeric())
        });
    },
};

pub(crate) const PLAIN: Mapping = Mapping {
    backend: "statsd, plain",
    name: WORD,
    label_name: WORD,
    label_value: WORD,
    counter: "`c`, the growth since the last flush",
    gauge: "`g`; a negative one as `0` and then the value, in one datagram",
    histogram: "`ms`, a line for each bucket that moved, its count in the rate",
    unit: "part of the name; seconds are sent as milliseconds where the type is `ms`",
};

const DOGSTATSD: Mapping = Mapping {
    backend: "statsd, dogstatsd",
    label_value: TAG,
    histogram: "`h`, a line for each bucket that moved, its count in the rate",
    ..PLAIN
};

const GRAPHITE: Mapping = Mapping {
    backend: "statsd, graphite",
    label_value: DOTTED,
    ..PLAIN
};

const INFLUX: Mapping = Mapping {
    backend: "statsd, influx",
    label_value: TAG,
    ..PLAIN
};

/// All dialects, for the table of mappings.
#[cfg(test)]
pub(crate) const MAPPINGS: &[Mapping] = &[PLAIN, DOGSTATSD, GRAPHITE, INFLUX];

/// Appends a text, what may not stand there as `_` and two hex digits for each byte.
fn write(out: &mut String, text: &str, fine: fn(char) -> bool) {
    const HEX: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || fine(c) {
            out.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                out.push('_');
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(rule: Rule, text: &str) -> String {
        let mut out = String::new();
        (rule.write)(&mut out, text);
        out
    }

    #[test]
    fn the_guide_has_the_rule_of_each_dialect() {
        let page = include_str!("../../../../docs/STATSD.md");
        for mapping in MAPPINGS {
            let (_, dialect) = mapping.backend.split_once(", ").unwrap();
            let row = page
                .lines()
                .find(|line| line.starts_with(&format!("| `{dialect}` | `")))
                .unwrap_or_else(|| panic!("no row for {dialect}"));
            assert!(
                row.ends_with(&format!("| {} |", mapping.label_value.words)),
                "{row}"
            );
        }
    }

    #[test]
    fn what_may_not_stand_there_becomes_hex_digits() {
        assert_eq!(written(WORD, "a-b_C.9|\n\u{e9}"), "a-b_C_2e9_7c_0a_c3_a9");
        assert_eq!(written(DOTTED, "~a;b=c.d"), "_7ea_3bb_3dc.d");
        assert_eq!(
            written(TAG, "a/b:c,d\u{e9} #\u{85}"),
            "a/b_3ac_2cd\u{e9}_20_23_c2_85"
        );
    }
}
