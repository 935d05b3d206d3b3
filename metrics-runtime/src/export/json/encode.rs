//! Families as JSON text (RFC 8259).

use super::time;
use crate::descriptor::Kind;
use crate::export::text::{write_f64, write_u64};
use crate::family::{Family, Series};

/// A label that the exporter puts on every series.
#[derive(Clone, Debug)]
pub(super) struct ConstantLabel {
    name: Box<str>,
    /// `"name":"value"`.
    text: Box<str>,
}

impl ConstantLabel {
    pub(super) fn new(name: &str, value: &str) -> Self {
        let mut text = String::new();
        write_member(&mut text, name, value);
        Self {
            name: name.into(),
            text: text.into_boxed_str(),
        }
    }
}

/// Writes all families, as they are at this time (in milliseconds since 1970).
pub(super) fn write_all<'a, S: Iterator<Item = (&'a Series, &'a [u64])>>(
    out: &mut String,
    milliseconds: u64,
    constant: &[ConstantLabel],
    families: impl Iterator<Item = (&'a Family, S)>,
) {
    out.push_str("{\"timestamp\":\"");
    time::write_rfc3339(out, milliseconds);
    out.push_str("\",\"metrics\":{");
    let mut separator = "";
    for (family, series) in families {
        let before = out.len();
        out.push_str(separator);
        if write_family(out, milliseconds / 1000, constant, family, series) {
            separator = ",";
        } else {
            out.truncate(before);
        }
    }
    out.push_str("}}\n");
}

/// Whether there was a series to write.
fn write_family<'a>(
    out: &mut String,
    seconds: u64,
    constant: &[ConstantLabel],
    family: &Family,
    series: impl Iterator<Item = (&'a Series, &'a [u64])>,
) -> bool {
    let definition = &family.definition;
    write_string(out, &definition.name);
    out.push_str(":{\"name\":");
    write_string(out, &definition.name);
    out.push_str(match definition.kind {
        Kind::Counter => ",\"type\":\"counter\"",
        Kind::Gauge => ",\"type\":\"gauge\"",
        Kind::Histogram => ",\"type\":\"histogram\"",
    });
    out.push_str(",\"description\":");
    write_string(out, &definition.help);
    out.push_str(",\"timestamp\":");
    write_u64(out, seconds);
    let mut first = true;
    for (series, numbers) in series {
        if first && definition.labels.is_empty() {
            // The only series there is: its numbers stand beside the name as well.
            out.push(',');
            write_numbers(out, family, numbers);
        }
        out.push_str(if first {
            ",\"series\":[{\"labels\":{"
        } else {
            ",{\"labels\":{"
        });
        first = false;
        write_labels(out, constant, family, series);
        out.push_str("},");
        write_numbers(out, family, numbers);
        out.push('}');
    }
    out.push_str("]}");
    !first
}

fn write_labels(out: &mut String, constant: &[ConstantLabel], family: &Family, series: &Series) {
    let begin = out.len();
    for label in constant {
        // The metric's own label wins.
        let own = &family.definition.labels;
        if own.iter().all(|own| **own != *label.name) {
            if out.len() > begin {
                out.push(',');
            }
            out.push_str(&label.text);
        }
    }
    for (name, value) in family.labels(series) {
        if out.len() > begin {
            out.push(',');
        }
        write_member(out, name, value);
    }
}

/// Writes the members of a series that hold its numbers.
fn write_numbers(out: &mut String, family: &Family, numbers: &[u64]) {
    let definition = &family.definition;
    match (definition.kind, numbers) {
        (Kind::Counter, [count]) if !definition.real => {
            out.push_str("\"value\":");
            write_u64(out, *count);
        }
        (Kind::Counter | Kind::Gauge, [bits, ..]) => {
            out.push_str("\"value\":");
            write_real(out, f64::from_bits(*bits));
        }
        (Kind::Histogram, [sum, buckets @ ..]) => {
            let mut count = 0_u64;
            let mut separator = "\"buckets\":{";
            for (le, bucket) in family.le.iter().zip(buckets) {
                count = count.wrapping_add(*bucket);
                out.push_str(separator);
                separator = ",";
                // `le="0.5"} `, of which the number with its quotes is wanted.
                out.push_str(le.trim_start_matches("le=").trim_end_matches("} "));
                out.push(':');
                write_u64(out, count);
            }
            out.push_str("},\"sum\":");
            write_real(out, f64::from_bits(*sum));
            out.push_str(",\"count\":");
            write_u64(out, count);
        }
        // A series always has its numbers.
        (_, []) => out.push_str("\"value\":null"),
    }
}

/// The shortest text that reads back as the same number. JSON has none for what is not finite, which only a sum
/// that overflowed can be.
fn write_real(out: &mut String, x: f64) {
    if x.is_finite() {
        write_f64(out, x);
    } else {
        out.push_str("null");
    }
}

fn write_member(out: &mut String, name: &str, value: &str) {
    write_string(out, name);
    out.push(':');
    write_string(out, value);
}

/// Writes a string with its quotes. What must be escaped is `"`, `\` and all below U+0020.
pub(super) fn write_string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest
        .bytes()
        .position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\')
    {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = special.chars();
        match chars.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(other) => {
                const DIGITS: [char; 16] = [
                    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
                ];
                let code = other as usize;
                out.push_str("\\u00");
                out.extend([DIGITS[code >> 4 & 15], DIGITS[code & 15]]);
            }
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor::Descriptor;
    use crate::family::{Cap, Definition, Origin, Shape};
    use proptest::prelude::*;
    use serde_json::Value;
    use std::sync::Arc;

    fn string(text: &str) -> String {
        let mut out = String::new();
        write_string(&mut out, text);
        out
    }

    fn real(x: f64) -> String {
        let mut out = String::new();
        write_real(&mut out, x);
        out
    }

    #[test]
    fn strings_are_escaped_where_they_must_be() {
        assert_eq!(string("a\"b\\c\nd\re\tf"), r#""a\"b\\c\nd\re\tf""#);
        assert_eq!(
            string("\u{0}\u{1f}\u{8}\u{7f}ü\u{2028}"),
            "\"\\u0000\\u001f\\u0008\u{7f}ü\u{2028}\""
        );
        assert_eq!(string(""), "\"\"");
    }

    #[test]
    fn what_is_not_finite_is_null() {
        assert_eq!(real(f64::INFINITY), "null");
        assert_eq!(real(f64::NAN), "null");
        assert_eq!(real(3.0), "3");
    }

    fn shape(labels: usize) -> Shape {
        if labels == 0 {
            Shape::of::<()>()
        } else {
            Shape::unknown(labels)
        }
    }

    fn family(kind: Kind, real: bool, labels: &'static [&'static str]) -> Family {
        static BOUNDS: [f64; 3] = [-0.5, 0.1, 1e6];
        let mut definition = Definition::from(&Descriptor::counter("x_total", "Help \"of\" x."));
        definition.kind = kind;
        definition.real = real;
        definition.bounds = if kind == Kind::Histogram {
            &BOUNDS
        } else {
            &[]
        };
        definition.labels = labels.iter().map(|label| (*label).into()).collect();
        Family::new(
            definition,
            shape(labels.len()),
            &Arc::new(Cap::new(10)),
            Origin::Named,
            4096,
        )
    }

    fn written(family: &Family, values: &[&str], numbers: &[u64]) -> Value {
        let constant = [
            ConstantLabel::new("site", "a\"b"),
            ConstantLabel::new("own", "not this"),
        ];
        let member = family.series_of(values).unwrap();
        let mut out = String::new();
        let series = std::iter::once((&*member.series, numbers));
        write_all(
            &mut out,
            1_000_000_000_001,
            &constant,
            std::iter::once((family, series)),
        );
        serde_json::from_str(&out).unwrap()
    }

    #[test]
    fn the_shape_is_as_promised() {
        let counter = written(&family(Kind::Counter, false, &[]), &[], &[u64::MAX]);
        assert_eq!(
            counter,
            serde_json::json!({"timestamp": "2001-09-09T01:46:40.001Z", "metrics": {"x_total": {
                "name": "x_total", "type": "counter", "description": "Help \"of\" x.", "timestamp": 1_000_000_000,
                "value": u64::MAX,
                "series": [{"labels": {"own": "not this", "site": "a\"b"}, "value": u64::MAX}],
            }}})
        );
        let numbers = [0.25_f64.to_bits(), 1, 2, 0, 4];
        let histogram = written(&family(Kind::Histogram, false, &["own"]), &["é"], &numbers);
        assert_eq!(
            histogram["metrics"]["x_total"]["series"],
            serde_json::json!([{
                "labels": {"own": "é", "site": "a\"b"},
                "buckets": {"-0.5": 1, "0.1": 3, "1e+06": 3, "+Inf": 7}, "sum": 0.25, "count": 7,
            }])
        );
        assert!(histogram["metrics"]["x_total"].get("count").is_none());
        let alone = written(&family(Kind::Histogram, false, &[]), &[], &numbers);
        let alone = &alone["metrics"]["x_total"];
        for member in ["buckets", "sum", "count"] {
            assert_eq!(alone[member], alone["series"][0][member]);
            assert!(!alone[member].is_null());
        }
    }

    #[test]
    fn a_family_without_series_is_left_out() {
        let (a, b) = (
            family(Kind::Gauge, false, &[]),
            family(Kind::Gauge, false, &[]),
        );
        let member = b.series_of(&[]).unwrap();
        let numbers = [0];
        let families = [
            (&a, Vec::new()),
            (&b, vec![(&*member.series, &numbers[..])]),
            (&a, Vec::new()),
        ];
        let mut out = String::new();
        let families = families
            .into_iter()
            .map(|(family, series)| (family, series.into_iter()));
        write_all(&mut out, 0, &[], families);
        let read: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(read["metrics"].as_object().unwrap().len(), 1);
    }

    proptest! {
        #[test]
        fn any_text_and_number_comes_back(
            first in any::<String>(),
            second in "\\PC*|[\\x00-\\x22\\\\]*",
            count in any::<u64>(),
            number in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO,
        ) {
            let values = [&*first, &*second];
            for (kind, is_real, bits) in [
                (Kind::Counter, false, count),
                (Kind::Counter, true, number.abs().to_bits()),
                (Kind::Gauge, false, number.to_bits()),
            ] {
                let read = written(&family(kind, is_real, &["own", "other"]), &values, &[bits]);
                let series = &read["metrics"]["x_total"]["series"][0];
                for (label, value) in [("own", &first), ("other", &second)] {
                    // An empty value is an absent label.
                    let expected = Some(value.as_str()).filter(|value| !value.is_empty());
                    prop_assert_eq!(series["labels"].get(label).and_then(Value::as_str), expected);
                }
                if kind == Kind::Counter && !is_real {
                    prop_assert_eq!(series["value"].as_u64(), Some(count));
                } else {
                    prop_assert_eq!(series["value"].as_f64(), Some(f64::from_bits(bits)));
                }
            }
        }
    }
}
