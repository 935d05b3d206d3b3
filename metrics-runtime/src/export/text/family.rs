//! One family of ours as text.

use super::piece::{Template, append, number_line, real_line};
use super::{ConstantLabel, Format, LeTexts, Style, escape_help};
use crate::cells::{Row, sum_rows};
use crate::family::{Family, GaugeNumbers, Listing};
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

/// What is used again from one family, and one scrape, to the next.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// The numbers of a family, a row for each series.
    totals: Vec<u64>,
    /// The labels of a series that has constant ones too.
    merged: String,
    /// The names of samples.
    names: [Template; 3],
    /// What the lines of a histogram's buckets begin with.
    bucket: Template,
}

/// Writes a family with all its series; nothing when there is none.
pub(crate) fn write_family(
    out: &mut String,
    family: &Family,
    style: Style<'_>,
    scratch: &mut Scratch,
) {
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
    let listing = family.listing();
    if listing.series().is_empty() {
        return;
    }
    let Scratch {
        totals,
        merged,
        names,
        bucket,
    } = scratch;
    let [name, ..] = names;
    let mut labels = Labels {
        constant: style.constant,
        own: &definition.labels,
        text: listing.text(),
        lengths: listing.lengths().iter(),
        at: 0,
        merged,
    };
    match definition.kind {
        OurKind::Counter => {
            let row = if definition.real {
                Row::Real
            } else {
                Row::Count
            };
            sum_rows(listing.sources(), row, totals);
            write_header(out, &header, style.format);
            name.set(|out| header.write_counter_name(out, style.format));
            if definition.real {
                let totals = totals.iter().map(|total| f64::from_bits(*total));
                write_lines(out, name, &mut labels, totals, real_line);
            } else {
                write_lines(out, name, &mut labels, totals.iter().copied(), number_line);
            }
        }
        OurKind::Gauge => write_gauges(out, &header, &listing, &mut labels, name, style.format),
        OurKind::Histogram => {
            let row = Row::Histogram(family.le.len());
            sum_rows(listing.sources(), row, totals);
            write_header(out, &header, style.format);
            for (name, suffix) in names.iter_mut().zip(["_bucket", "_sum", "_count"]) {
                name.set(|out| header.write_sample_name(out, suffix));
            }
            // OpenMetrics 1.0, "Histogram": no `_sum` where a bound is negative, since it may fall.
            let bounds = definition.bounds;
            let negative = bounds.first().is_some_and(|bound| *bound < 0.0);
            let with_sum = style.format == Format::Text || !negative;
            write_histograms(
                out,
                &family.le,
                &mut labels,
                totals,
                names,
                bucket,
                with_sum,
            );
        }
    }
}

fn write_lines<T>(
    out: &mut String,
    name: &Template,
    labels: &mut Labels<'_>,
    totals: impl Iterator<Item = T>,
    write: impl Fn(&mut String, T),
) {
    for total in totals {
        name.append_to(out);
        labels.next().write(out);
        write(out, total);
    }
}

fn write_gauges(
    out: &mut String,
    header: &Header<'_>,
    listing: &Listing,
    labels: &mut Labels<'_>,
    name: &mut Template,
    format: Format,
) {
    name.set(|out| header.write_sample_name(out, ""));
    let mut begun = false;
    for series in listing.series() {
        let labels = labels.next();
        // Asked first: a gauge whose closure failed is left out, and so is the header if it was alone.
        let Some(value) = series.gauge().and_then(GaugeNumbers::value) else {
            continue;
        };
        if !begun {
            write_header(out, header, format);
            begun = true;
        }
        name.append_to(out);
        labels.write(out);
        real_line(out, value);
    }
}

fn write_histograms(
    out: &mut String,
    le: &LeTexts,
    labels: &mut Labels<'_>,
    totals: &[u64],
    [bucket_name, sum_name, count_name]: &[Template; 3],
    bucket: &mut Template,
    with_sum: bool,
) {
    for row in totals.chunks_exact(1 + le.len()) {
        let [sum, counts @ ..] = row else { continue };
        let labels = labels.next();
        // All lines but for `le` and the count are the same.
        bucket.set(|out| {
            bucket_name.append_to(out);
            labels.open(out);
        });
        let mut count = 0_u64;
        for (cell, place) in counts.iter().zip(le.places()) {
            count = count.wrapping_add(*cell);
            bucket.append_to(out);
            le.write(out, place);
            number_line(out, count);
        }
        if with_sum {
            sum_name.append_to(out);
            labels.write(out);
            real_line(out, f64::from_bits(*sum));
            count_name.append_to(out);
            labels.write(out);
            number_line(out, count);
        }
    }
}

/// The labels of the series of a listing, one after the other: the exporter's, and their own.
struct Labels<'a> {
    constant: &'a [ConstantLabel],
    /// The names of their own.
    own: &'a [Cow<'static, str>],
    text: &'a str,
    /// How much of the text is that of each series to come.
    lengths: std::slice::Iter<'a, u32>,
    /// How much of it was that of earlier ones.
    at: usize,
    /// Those of a series that has constant labels too.
    merged: &'a mut String,
}

/// What stands between a name and a number: `{a="x",b="y"} `, or a space.
#[derive(Clone, Copy)]
struct Piece<'a> {
    text: &'a str,
    at: usize,
    length: usize,
}

impl Labels<'_> {
    /// Those of the next series.
    #[inline]
    fn next(&mut self) -> Piece<'_> {
        let at = self.at;
        let length = self.lengths.next().map_or(0, |length| *length as usize);
        self.at += length;
        if self.constant.is_empty() {
            return Piece {
                text: self.text,
                at,
                length,
            };
        }
        self.merge(self.text.get(at..at + length).unwrap_or_default());
        Piece {
            text: self.merged,
            at: 0,
            length: self.merged.len(),
        }
    }

    /// Puts the constant labels among those of a series. Both are in the order of their names, and so is what comes out.
    #[inline(never)]
    fn merge(&mut self, piece: &str) {
        self.merged.clear();
        let mut separator = '{';
        let merged = &mut *self.merged;
        let mut push = |text: &str| {
            if !text.is_empty() {
                merged.push(separator);
                merged.push_str(text);
                separator = ',';
            }
        };
        let inner = piece.strip_prefix('{');
        let mut own = inner.and_then(|own| own.strip_suffix("} ")).unwrap_or("");
        for label in self.constant {
            // The metric's own label wins.
            if self.own.iter().any(|own| **own == *label.name) {
                continue;
            }
            let (before, after) = split_before(own, &label.name);
            push(before);
            push(&label.text);
            own = after;
        }
        push(own);
        merged.push_str(if separator == ',' { "} " } else { " " });
    }
}

impl Piece<'_> {
    #[inline]
    fn write(self, out: &mut String) {
        append(out, self.text, self.at, self.length);
    }

    /// Without its end: up to what comes before a further label.
    fn open(self, out: &mut String) {
        match self.length.checked_sub("} ".len()) {
            Some(length) => {
                append(out, self.text, self.at, length);
                out.push(',');
            }
            None => out.push('{'),
        }
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
