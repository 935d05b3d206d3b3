//! Lines of InfluxDB's line protocol: `measurement,tag=value field=value timestamp`.

use crate::descriptor::Kind;
use crate::export::push::labels::Labels;
use crate::export::push::{Baseline, Change, Place};
use crate::export::text::{write_f64, write_u64};
use crate::family::Family;
use crate::report;
use std::ops::Range;

/// What an exporter is called in reports.
const EXPORTER: &str = "influx";

/// Writes all series of a reading into a buffer that is used again.
pub(super) struct Encoder {
    labels: Labels,
    text: String,
    /// One for each line of the text.
    lines: Vec<Line>,
    /// Series that are not in the text, and how many recordings are lost with them.
    pub(super) left_out: Vec<(Place, u64)>,
}

/// A line of the text, by where it ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    end: usize,
    /// Whose line it is.
    pub(super) place: Place,
    /// How many recordings are delivered with it.
    pub(super) recordings: u64,
    /// Tells the families of one reading apart.
    pub(super) family: u32,
}

impl Encoder {
    pub(super) const fn new(labels: Labels) -> Self {
        Self {
            labels,
            text: String::new(),
            lines: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Some of the lines.
    pub(super) fn lines(&self, range: Range<usize>) -> &[Line] {
        self.lines.get(range).unwrap_or_default()
    }

    /// The text of some of the lines.
    pub(super) fn text(&self, range: Range<usize>) -> &str {
        let end = |lines: usize| {
            let last = lines.checked_sub(1).and_then(|last| self.lines.get(last));
            last.map_or(0, |line| line.end)
        };
        self.text
            .get(end(range.start)..end(range.end))
            .unwrap_or_default()
    }

    /// The name of the metric that a line is of.
    pub(super) fn name(&self, line: usize) -> &str {
        let text = self.text(line..line + 1);
        text.split([',', ' ']).next().unwrap_or_default()
    }

    /// How many lines from this one on fit into so many and into so many bytes: one at least.
    pub(super) fn fitting(&self, first: usize, lines: usize, bytes: usize) -> Range<usize> {
        let begin = self.text(0..first).len();
        let rest = self.lines(first..self.len().min(first.saturating_add(lines)));
        let fitting = rest.partition_point(|line| line.end - begin <= bytes);
        first..first + fitting.max(1)
    }

    /// Writes all series with the time of the reading, in nanoseconds since 1970.
    pub(super) fn encode(&mut self, baseline: &Baseline, nanoseconds: u64) {
        self.text.clear();
        self.lines.clear();
        self.left_out.clear();
        let (mut end, mut end_of_gone) = (String::new(), String::new());
        for (end, nanoseconds) in [
            (&mut end, nanoseconds),
            // The last value of a removed metric, before the first of a new one of the same name.
            (&mut end_of_gone, nanoseconds.saturating_sub(1)),
        ] {
            end.push(' ');
            write_u64(end, nanoseconds);
            end.push('\n');
        }
        let mut current: Option<&Family> = None;
        let mut family = 0;
        let mut distinct = true;
        for change in baseline.series() {
            if current.is_none_or(|family| !std::ptr::eq(family, change.family)) {
                current = Some(change.family);
                family += 1;
                distinct = self.labels.begin(&change.family.definition);
            }
            let begin = self.text.len();
            let recordings = change.recordings();
            let written = distinct && self.series(&change).is_some();
            if written {
                self.text
                    .push_str(if change.gone { &end_of_gone } else { &end });
                self.lines.push(Line {
                    end: self.text.len(),
                    place: change.place,
                    recordings,
                    family,
                });
            } else {
                self.text.truncate(begin);
                self.left_out.push((change.place, recordings));
                let error_type = if distinct { "encoding" } else { "collision" };
                report::export(EXPORTER, error_type, &change.family.definition.name);
            }
        }
    }

    /// A line without its time. `None` where a value cannot be written.
    fn series(&mut self, change: &Change<'_>) -> Option<()> {
        let definition = &change.family.definition;
        self.text.push_str(&definition.name);
        self.labels.write(&mut self.text, change.series);
        match (definition.kind, change.now) {
            (Kind::Counter, [count]) if !definition.real => self.integer(" value=", *count),
            (Kind::Counter | Kind::Gauge, [bits]) => self.float(" value=", f64::from_bits(*bits)),
            (Kind::Histogram, [sum, counts @ ..]) => {
                let all = counts.iter().fold(0_u64, |all, n| all.wrapping_add(*n));
                self.integer(" count=", all)?;
                self.float(",sum=", f64::from_bits(*sum))?;
                let mut below = 0_u64;
                for (count, le) in counts.iter().zip(change.family.le.iter()) {
                    below = below.wrapping_add(*count);
                    self.text.push(',');
                    self.text.push_str(bound(le));
                    self.integer("=", below)?;
                }
                Some(())
            }
            _ => None,
        }
    }

    /// An integer of InfluxDB's, which ends at 2^63 - 1.
    fn integer(&mut self, key: &str, value: u64) -> Option<()> {
        i64::try_from(value).ok()?;
        self.text.push_str(key);
        write_u64(&mut self.text, value);
        self.text.push('i');
        Some(())
    }

    /// A float, which is finite in InfluxDB.
    pub(super) fn float(&mut self, key: &str, value: f64) -> Option<()> {
        if !value.is_finite() {
            return None;
        }
        self.text.push_str(key);
        write_f64(&mut self.text, value);
        Some(())
    }
}

/// The name of a bucket's field: its bound as Telegraf spells it, `le` less the `.0` of whole numbers.
fn bound(le: &str) -> &str {
    let le = le.strip_prefix("le=\"").unwrap_or(le);
    let le = le.strip_suffix("\"} ").unwrap_or(le);
    le.strip_suffix(".0").unwrap_or(le)
}
