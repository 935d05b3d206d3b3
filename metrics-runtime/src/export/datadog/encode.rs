//! Series as JSON (API reference, "Submit metrics", v2 and v1).

use super::DatadogIntake;
use super::sanitise::{NAME, write_tag};
use super::seen::{Names, Seen};
use crate::descriptor::Kind;
use crate::export::push::{Baseline, Change, Place};
use crate::export::text::{write_bound, write_f64, write_u64};
use crate::family::Family;
use crate::report;

/// The key of the tag that tells a histogram's buckets apart.
const UPPER_BOUND: &str = "upper_bound";

/// What is the same in all series.
#[derive(Debug)]
pub(super) struct Style {
    pub(super) intake: DatadogIntake,
    /// By name, none of them empty.
    pub(super) constant: Vec<(String, String)>,
    pub(super) host: Option<String>,
    /// From one export to the next, in seconds.
    pub(super) interval: u64,
}

/// What was put into a request.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Series that were looked at, whether or not there was something to be said of them.
    pub(super) read: usize,
    /// Of those, where they are that are delivered with the request, and how many recordings they bring.
    pub(super) places: Vec<Place>,
    pub(super) recordings: u64,
    /// Those that become one with another and are left out.
    pub(super) left_out: Vec<Place>,
    pub(super) lost: u64,
}

/// The buffers of the encoder, used again.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    /// A request, before it is compressed.
    pub(super) request: String,
    names: Names,
    seen: Seen,
    /// The family at hand, and whether its name is another's.
    family: usize,
    name: String,
    name_taken: bool,
    /// `,"tags":["a:b","c:d"`, without its end.
    tags: String,
    /// What follows the tags.
    end: String,
    own: String,
}

/// What a point is.
#[derive(Clone, Copy)]
enum Point {
    Count,
    Gauge,
}

impl Encoder {
    /// Begins to look at the series anew.
    pub(super) fn begin(&mut self, baseline: &Baseline) {
        self.family = 0;
        self.names.read(baseline);
    }

    /// Forgets which series of the family at hand were written: some are to be written again.
    pub(super) fn forget(&mut self) {
        self.family = 0;
    }

    /// Looks at the series before the one at `skip` that are of its family.
    fn recall(&mut self, baseline: &Baseline, skip: usize, style: &Style) {
        let address = |reading: &Change<'_>| std::ptr::from_ref(reading.family).addr();
        let family = baseline.series().nth(skip).as_ref().map(address);
        for reading in baseline.series().take(skip) {
            if Some(address(&reading)) == family {
                self.turn_to(reading.family);
                self.write_tags(&reading, style);
            }
        }
    }

    /// Fills a request of about so many bytes with series from the one at `skip` on.
    ///
    /// The last series may go beyond the limit.
    pub(super) fn fill(
        &mut self,
        baseline: &Baseline,
        skip: usize,
        style: &Style,
        limit: usize,
        timestamp: u64,
    ) -> Taken {
        let mut taken = Taken::default();
        if self.family == 0 {
            self.recall(baseline, skip, style);
        }
        self.request.clear();
        self.request.push_str("{\"series\":[");
        for reading in baseline.series().skip(skip) {
            if self.request.len() >= limit {
                break;
            }
            taken.read += 1;
            self.turn_to(reading.family);
            let is_other = self.write_tags(&reading, style);
            let gauge = reading.family.definition.kind == Kind::Gauge;
            if !gauge && reading.delivered && reading.sent == reading.now {
                continue;
            }
            if is_other {
                self.write(&reading, style, timestamp);
                taken.places.push(reading.place);
                taken.recordings = taken.recordings.wrapping_add(reading.recordings());
            } else {
                report::export("datadog", "collision", &reading.family.definition.name);
                taken.left_out.push(reading.place);
                taken.lost = taken.lost.wrapping_add(reading.recordings());
            }
        }
        if self.request.ends_with(',') {
            self.request.pop();
        }
        self.request.push_str("]}");
        taken
    }

    /// Prepares for the series of a family.
    fn turn_to(&mut self, family: &Family) {
        let address = std::ptr::from_ref(family).addr();
        if self.family != address {
            self.family = address;
            self.seen.clear();
            self.name.clear();
            (NAME.write)(&mut self.name, &family.definition.name);
            self.name_taken = self.names.is_taken(&family.definition.name);
        }
    }

    /// Writes the tags of a series, and returns whether it is another than all before it.
    fn write_tags(&mut self, reading: &Change<'_>, style: &Style) -> bool {
        let definition = &reading.family.definition;
        self.own.clear();
        let is_new = self
            .seen
            .insert(&mut self.own, reading.family.labels(reading.series));
        self.tags.clear();
        self.tags.push_str(",\"tags\":[");
        for (name, value) in &style.constant {
            // The metric's own label wins, even where this series has none.
            if definition.labels.iter().all(|own| own != name) {
                self.tags.push('"');
                write_tag(&mut self.tags, name, value);
                self.tags.push_str("\",");
            }
        }
        self.tags.push_str(&self.own);
        is_new && !self.name_taken
    }

    /// Writes what there is to say of a series.
    fn write(&mut self, reading: &Change<'_>, style: &Style, timestamp: u64) {
        let definition = &reading.family.definition;
        let unit = match (style.intake, definition.unit) {
            (DatadogIntake::V2, Some("seconds")) => "second",
            (DatadogIntake::V2, Some("bytes")) => "byte",
            _ => "",
        };
        let mut point = |suffix: &str, point, bound: Option<f64>, unit: &str, value: &str| {
            self.point(style, timestamp, suffix, point, bound, unit, value);
        };
        let mut text = String::new();
        match (definition.kind, definition.real, reading.sent, reading.now) {
            (Kind::Counter, false, [sent], [now]) => {
                write_u64(&mut text, now.wrapping_sub(*sent));
                point("", Point::Count, None, unit, &text);
            }
            (Kind::Counter, true, [sent], [now]) => {
                if difference(&mut text, *sent, *now) {
                    point("", Point::Count, None, unit, &text);
                } else {
                    report::export("datadog", "encoding", &definition.name);
                }
            }
            (Kind::Gauge, _, _, [now]) => {
                // Gauges are finite.
                write_f64(&mut text, f64::from_bits(*now));
                point("", Point::Gauge, None, unit, &text);
            }
            (Kind::Histogram, _, [sum_sent, sent @ ..], [sum, now @ ..]) => {
                let moved = || {
                    sent.iter()
                        .zip(now)
                        .map(|(sent, now)| now.wrapping_sub(*sent))
                };
                write_u64(&mut text, moved().fold(0, u64::wrapping_add));
                point(".count", Point::Count, None, "", &text);
                text.clear();
                if difference(&mut text, *sum_sent, *sum) {
                    point(".sum", Point::Count, None, unit, &text);
                } else {
                    report::export("datadog", "encoding", &definition.name);
                }
                // A label of that name would make two buckets of two series one.
                if self.own_has_bound(definition.labels.iter().map(|own| &**own)) {
                    report::export("datadog", "collision", &definition.name);
                    return;
                }
                let bounds = definition.bounds.iter().copied().chain([f64::INFINITY]);
                for (bound, moved) in bounds.zip(moved()).filter(|(_, moved)| *moved > 0) {
                    text.clear();
                    write_u64(&mut text, moved);
                    self.point(
                        style,
                        timestamp,
                        ".bucket",
                        Point::Count,
                        Some(bound),
                        "",
                        &text,
                    );
                }
            }
            _ => {}
        }
    }

    /// Whether one of the labels becomes the tag of a bucket.
    fn own_has_bound<'a>(&mut self, mut labels: impl Iterator<Item = &'a str>) -> bool {
        labels.any(|name| {
            self.end.clear();
            (super::sanitise::KEY.write)(&mut self.end, name);
            self.end == UPPER_BOUND
        })
    }

    #[expect(clippy::too_many_arguments, reason = "each is one field of the point")]
    fn point(
        &mut self,
        style: &Style,
        timestamp: u64,
        suffix: &str,
        point: Point,
        bound: Option<f64>,
        unit: &str,
        value: &str,
    ) {
        let out = &mut self.request;
        out.push_str("{\"metric\":\"");
        out.push_str(&self.name);
        out.push_str(suffix);
        out.push_str(match (style.intake, point) {
            (DatadogIntake::V2, Point::Count) => "\",\"type\":1,\"interval\":",
            (DatadogIntake::V2, Point::Gauge) => "\",\"type\":3",
            (DatadogIntake::V1, Point::Count) => "\",\"type\":\"count\",\"interval\":",
            (DatadogIntake::V1, Point::Gauge) => "\",\"type\":\"gauge\"",
        });
        if let Point::Count = point {
            write_u64(out, style.interval);
        }
        let (before, between, after) = match style.intake {
            DatadogIntake::V2 => (",\"points\":[{\"timestamp\":", ",\"value\":", "}]"),
            DatadogIntake::V1 => (",\"points\":[[", ",", "]]"),
        };
        out.push_str(before);
        write_u64(out, timestamp);
        out.push_str(between);
        out.push_str(value);
        out.push_str(after);
        out.push_str(&self.tags);
        if let Some(bound) = bound {
            out.push('"');
            out.push_str(UPPER_BOUND);
            out.push(':');
            if bound.is_finite() {
                let from = out.len();
                write_bound(out, bound);
                // `1e+06`: a tag has no `+`.
                if let Some(plus) = out.get(from..).and_then(|bound| bound.find('+')) {
                    out.remove(from + plus);
                }
            } else {
                out.push_str("inf");
            }
            out.push('"');
        } else if out.ends_with(',') {
            out.pop();
        }
        out.push(']');
        if let Some(host) = &style.host {
            out.push_str(match style.intake {
                DatadogIntake::V2 => ",\"resources\":[{\"type\":\"host\",\"name\":\"",
                DatadogIntake::V1 => ",\"host\":\"",
            });
            out.push_str(host);
            out.push_str(match style.intake {
                DatadogIntake::V2 => "\"}]",
                DatadogIntake::V1 => "\"",
            });
        }
        if !unit.is_empty() {
            out.push_str(",\"unit\":\"");
            out.push_str(unit);
            out.push('"');
        }
        out.push_str("},");
    }
}

/// Writes how much a real total grew, if that is a number.
fn difference(out: &mut String, sent: u64, now: u64) -> bool {
    let difference = f64::from_bits(now) - f64::from_bits(sent);
    if difference.is_finite() {
        write_f64(out, difference);
    }
    difference.is_finite()
}
