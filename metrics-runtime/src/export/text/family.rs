//! One family of ours as text.

use super::{ConstantLabel, Format, Style, escape_help, write_bound, write_f64, write_u64};
use crate::cells;
use crate::family::{Family, GaugeNumbers, Series};
use std::borrow::Cow;

use crate::descriptor::Kind as OurKind;

/// What a `# TYPE` line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
    #[cfg_attr(
        not(feature = "prometheus"),
        expect(dead_code, reason = "foreign only")
    )]
    Summary,
}

/// What stands above the samples of a family.
#[derive(Debug)]
pub(crate) struct Header<'a> {
    /// Put before the name.
    pub(crate) prefix: &'a str,
    pub(crate) name: &'a str,
    pub(crate) help: &'a str,
    pub(crate) kind: Kind,
    pub(crate) unit: Option<&'a str>,
}

impl Header<'_> {
    /// The family's name in this format: `OpenMetrics` names a counter without `_total`.
    pub(crate) fn write_family_name(&self, out: &mut String, format: Format) {
        out.push_str(self.prefix);
        out.push_str(match (format, self.kind) {
            (Format::OpenMetrics, Kind::Counter) => {
                self.name.strip_suffix("_total").unwrap_or(self.name)
            }
            _ => self.name,
        });
    }

    /// The name of a counter's samples: with `_total` in `OpenMetrics`, as it is in text.
    pub(crate) fn write_counter_name(&self, out: &mut String, format: Format) {
        self.write_family_name(out, format);
        if format == Format::OpenMetrics {
            out.push_str("_total");
        }
    }

    /// The name of other samples.
    pub(crate) fn write_sample_name(&self, out: &mut String, suffix: &str) {
        out.push_str(self.prefix);
        out.push_str(self.name);
        out.push_str(suffix);
    }
}

/// Writes `# HELP`, `# TYPE` and, in `OpenMetrics`, `# UNIT`.
pub(crate) fn write_header(out: &mut String, header: &Header<'_>, format: Format) {
    let kind = match header.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
        Kind::Summary => "summary",
    };
    out.push_str("# HELP ");
    header.write_family_name(out, format);
    out.push(' ');
    escape_help(out, header.help, format);
    out.push_str("\n# TYPE ");
    header.write_family_name(out, format);
    out.push(' ');
    out.push_str(kind);
    out.push('\n');
    if let (Format::OpenMetrics, Some(unit)) = (format, header.unit) {
        out.push_str("# UNIT ");
        header.write_family_name(out, format);
        out.push(' ');
        out.push_str(unit);
        out.push('\n');
    }
}

/// Buckets whose counts are read without an allocation.
const FEW_BUCKETS: usize = 64;

/// Writes a family with all its series; nothing when there is none.
pub(crate) fn write_family(out: &mut String, family: &Family, style: Style<'_>) {
    let definition = &family.definition;
    let header = Header {
        prefix: if definition.namespaced {
            ""
        } else {
            style.prefix
        },
        name: &definition.name,
        help: &definition.help,
        kind: match definition.kind {
            OurKind::Counter => Kind::Counter,
            OurKind::Gauge => Kind::Gauge,
            OurKind::Histogram => Kind::Histogram,
        },
        unit: definition.unit,
    };
    let mut begun = false;
    for series in family.all().iter() {
        // Asked first: a gauge whose closure failed is left out, and so is the header if it was alone.
        let gauge = match definition.kind {
            OurKind::Gauge => match series.gauge().and_then(GaugeNumbers::value) {
                Some(value) => value,
                None => continue,
            },
            OurKind::Counter | OurKind::Histogram => 0.0,
        };
        if !begun {
            write_header(out, &header, style.format);
            begun = true;
        }
        let labels = Labels {
            constant: style.constant,
            own: &definition.labels,
            text: &series.text,
        };
        match definition.kind {
            OurKind::Counter => {
                header.write_counter_name(out, style.format);
                labels.write(out);
                if definition.real {
                    write_f64(out, cells::sum_f64(series.cell()));
                } else {
                    write_u64(out, cells::sum(series.cell()));
                }
                out.push('\n');
            }
            OurKind::Gauge => {
                header.write_sample_name(out, "");
                labels.write(out);
                write_f64(out, gauge);
                out.push('\n');
            }
            OurKind::Histogram => {
                write_histogram(out, &header, family, series, &labels, style.format);
            }
        }
    }
}

/// The labels of a series: the exporter's, its own as one text, and perhaps `le`.
struct Labels<'a> {
    constant: &'a [ConstantLabel],
    /// The names of its own.
    own: &'a [Cow<'static, str>],
    text: &'a str,
}

impl Labels<'_> {
    /// With the braces and the space after them.
    fn write(&self, out: &mut String) {
        let separator = self.open(out);
        out.push_str(if separator == ',' { "} " } else { " " });
    }

    /// With the brace before them and, where there are any, without the one after; returns what comes before a
    /// further label.
    fn open(&self, out: &mut String) -> char {
        let mut separator = '{';
        let mut push = |out: &mut String, text: &str| {
            if !text.is_empty() {
                out.push(separator);
                out.push_str(text);
                separator = ',';
            }
        };
        // Both are in the order of their names, and so is what comes out.
        let mut own = self.text;
        for label in self.constant {
            // The metric's own label wins.
            if self.own.iter().any(|own| **own == *label.name) {
                continue;
            }
            let (before, after) = split_before(own, &label.name);
            push(out, before);
            push(out, &label.text);
            own = after;
        }
        push(out, own);
        separator
    }
}

/// Labels as text, `a="x",b="y"`, cut where a label of this name belongs.
fn split_before<'a>(labels: &'a str, name: &str) -> (&'a str, &'a str) {
    let mut rest = labels;
    while let Some((label, value)) = rest.split_once("=\"") {
        if label > name {
            break;
        }
        // The quote that ends the value is the first that is not escaped.
        let mut escaped = false;
        let end = value.bytes().position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        let after = end.and_then(|end| value.get(end + 1..)).unwrap_or_default();
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    let before = labels.get(..labels.len() - rest.len()).unwrap_or_default();
    (before.strip_suffix(',').unwrap_or(before), rest)
}

fn write_histogram(
    out: &mut String,
    header: &Header<'_>,
    family: &Family,
    series: &Series,
    labels: &Labels<'_>,
    format: Format,
) {
    let start = series.cell();
    // The sum first: what is observed meanwhile is then in the buckets rather than missing there.
    let sum = cells::sum_f64(start);
    let mut few = [0; FEW_BUCKETS];
    let mut many = Vec::new();
    let counts = if let Some(few) = few.get_mut(..family.le.len()) {
        few
    } else {
        many.resize(family.le.len(), 0);
        &mut many[..]
    };
    cells::sum_all(start + 1, counts);
    // All lines but for `le` and the count are the same: written once, then copied.
    let begin = out.len();
    header.write_sample_name(out, "_bucket");
    let separator = labels.open(out);
    out.push(separator);
    let same = begin..out.len();
    let mut count = 0_u64;
    for (bucket, (cell, le)) in counts.iter().zip(&family.le).enumerate() {
        count = count.wrapping_add(*cell);
        if bucket > 0 {
            out.extend_from_within(same.clone());
        }
        out.push_str(le);
        write_u64(out, count);
        out.push('\n');
    }
    // OpenMetrics 1.0, "Histogram": no `_sum` where a bound is negative, since it may fall.
    let bounds = family.definition.bounds;
    let negative = bounds.first().is_some_and(|bound| *bound < 0.0);
    if format == Format::Text || !negative {
        header.write_sample_name(out, "_sum");
        labels.write(out);
        write_f64(out, sum);
        out.push('\n');
        header.write_sample_name(out, "_count");
        labels.write(out);
        write_u64(out, count);
        out.push('\n');
    }
}

/// What ends the labels of each bucket of a histogram with these bounds, `le="0.5"} `; `+Inf` last.
pub(crate) fn le_texts(bounds: &[f64]) -> Box<[Box<str>]> {
    bounds
        .iter()
        .copied()
        .chain([f64::INFINITY])
        .map(|bound| {
            let mut text = String::from("le=\"");
            write_bound(&mut text, bound);
            text.push_str("\"} ");
            text.into_boxed_str()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_cut_where_another_belongs() {
        let labels = r#"b="x",d="a\",c=\"\\",f="""#;
        assert_eq!(split_before(labels, "a"), ("", labels));
        assert_eq!(
            split_before(labels, "c"),
            (r#"b="x""#, r#"d="a\",c=\"\\",f="""#)
        );
        assert_eq!(
            split_before(labels, "e"),
            (r#"b="x",d="a\",c=\"\\""#, r#"f="""#)
        );
        assert_eq!(split_before(labels, "g"), (labels, ""));
        assert_eq!(split_before("", "a"), ("", ""));
    }
}
