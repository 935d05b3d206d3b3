//! One family of ours as text.

use super::{Format, escape_help, write_bound, write_f64, write_u64};
use crate::cells;
use crate::family::{Family, GaugeNumbers, Series};

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
    pub(crate) name: &'a str,
    pub(crate) help: &'a str,
    pub(crate) kind: Kind,
    pub(crate) unit: Option<&'a str>,
}

impl<'a> Header<'a> {
    /// The family's name in this format: `OpenMetrics` names a counter without `_total`.
    pub(crate) fn family_name(&self, format: Format) -> &'a str {
        match (format, self.kind) {
            (Format::OpenMetrics, Kind::Counter) => {
                self.name.strip_suffix("_total").unwrap_or(self.name)
            }
            _ => self.name,
        }
    }

    /// The name of a counter's samples: with `_total` in `OpenMetrics`, as it is in text.
    pub(crate) fn write_counter_name(&self, out: &mut String, format: Format) {
        out.push_str(self.family_name(format));
        if format == Format::OpenMetrics {
            out.push_str("_total");
        }
    }
}

/// Writes `# HELP`, `# TYPE` and, in `OpenMetrics`, `# UNIT`.
pub(crate) fn write_header(out: &mut String, header: &Header<'_>, format: Format) {
    let name = header.family_name(format);
    let kind = match header.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
        Kind::Summary => "summary",
    };
    out.push_str("# HELP ");
    out.push_str(name);
    out.push(' ');
    escape_help(out, header.help, format);
    out.push_str("\n# TYPE ");
    out.push_str(name);
    out.push(' ');
    out.push_str(kind);
    out.push('\n');
    if let (Format::OpenMetrics, Some(unit)) = (format, header.unit) {
        out.push_str("# UNIT ");
        out.push_str(name);
        out.push(' ');
        out.push_str(unit);
        out.push('\n');
    }
}

/// Writes a family with all its series; nothing when there is none.
pub(crate) fn write_family(out: &mut String, family: &Family, format: Format) {
    let definition = &family.definition;
    let header = Header {
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
            write_header(out, &header, format);
            begun = true;
        }
        match definition.kind {
            OurKind::Counter => {
                header.write_counter_name(out, format);
                write_labels(out, &series.text);
                if definition.real {
                    write_f64(out, cells::sum_f64(series.cell()));
                } else {
                    write_u64(out, cells::sum(series.cell()));
                }
                out.push('\n');
            }
            OurKind::Gauge => {
                out.push_str(header.name);
                write_labels(out, &series.text);
                write_f64(out, gauge);
                out.push('\n');
            }
            OurKind::Histogram => write_histogram(out, header.name, family, series, format),
        }
    }
}

fn write_labels(out: &mut String, labels: &str) {
    if !labels.is_empty() {
        out.push('{');
        out.push_str(labels);
        out.push('}');
    }
    out.push(' ');
}

fn write_histogram(out: &mut String, name: &str, family: &Family, series: &Series, format: Format) {
    let start = series.cell();
    // The sum first: what is observed meanwhile is then in the buckets rather than missing there.
    let sum = cells::sum_f64(start);
    let mut count = 0_u64;
    for (cell, le) in (start + 1..).zip(&family.le) {
        count = count.wrapping_add(cells::sum(cell));
        out.push_str(name);
        out.push_str("_bucket{");
        if !series.text.is_empty() {
            out.push_str(&series.text);
            out.push(',');
        }
        out.push_str("le=\"");
        out.push_str(le);
        out.push_str("\"} ");
        write_u64(out, count);
        out.push('\n');
    }
    // OpenMetrics 1.0, "Histogram": no `_sum` where a bound is negative, since it may fall.
    let negative = family
        .definition
        .bounds
        .first()
        .is_some_and(|bound| *bound < 0.0);
    if format == Format::Text || !negative {
        out.push_str(name);
        out.push_str("_sum");
        write_labels(out, &series.text);
        write_f64(out, sum);
        out.push('\n');
        out.push_str(name);
        out.push_str("_count");
        write_labels(out, &series.text);
        write_u64(out, count);
        out.push('\n');
    }
}

/// The `le` values of a histogram with these bounds, `+Inf` last.
pub(crate) fn le_texts(bounds: &[f64]) -> Box<[Box<str>]> {
    bounds
        .iter()
        .copied()
        .chain([f64::INFINITY])
        .map(|bound| {
            let mut text = String::new();
            write_bound(&mut text, bound);
            text.into_boxed_str()
        })
        .collect()
}
