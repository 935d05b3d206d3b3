//! Series as the messages of remote write hold them.

use super::wire::{write_label, write_series};
use crate::descriptor::Kind;
use crate::export::push::{Baseline, Change, Place};
use crate::family::Family;
use crate::report;

/// What goes on every series, and how many go into one request.
#[derive(Debug)]
pub(super) struct Style {
    /// Before every name that declares no namespace; with its `_`, or empty.
    pub(super) prefix: Box<str>,
    /// By name, none of them empty.
    pub(super) constant: Vec<(String, String)>,
    /// Samples of one request; a series is not split.
    pub(super) most_samples: usize,
}

/// The buffers of the encoder, used again.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    /// A `WriteRequest`.
    pub(super) request: Vec<u8>,
    /// Of the series in it, where they are and how many recordings they bring.
    pub(super) places: Vec<Place>,
    pub(super) recordings: u64,
    samples: usize,
    /// The labels of one series but for its name and `le`, in order.
    labels: Vec<u8>,
    /// Where its name comes among them, and where `le` does.
    name_at: usize,
    le_at: usize,
    /// The label `__name__` of the family at hand: as it is, `_bucket`, `_sum` and `_count`.
    names: [Vec<u8>; 4],
    named: usize,
    text: String,
    le: Vec<u8>,
}

impl Encoder {
    /// Fills a request with series from the one at `skip` on, and returns how many of them it took; 0 at the end.
    pub(super) fn fill(
        &mut self,
        baseline: &Baseline,
        skip: usize,
        style: &Style,
        timestamp: u64,
    ) -> usize {
        self.request.clear();
        self.places.clear();
        self.recordings = 0;
        self.samples = 0;
        // The family of the last request may have gone, and another come to its address.
        self.named = 0;
        let mut taken = 0;
        for reading in baseline.series().skip(skip) {
            let samples = match reading.family.definition.kind {
                Kind::Counter | Kind::Gauge => 1,
                Kind::Histogram => reading.now.len() + 2,
            };
            if self.samples > 0 && self.samples + samples > style.most_samples {
                break;
            }
            self.add(&reading, style, timestamp);
            self.samples += samples;
            self.recordings = self.recordings.wrapping_add(reading.recordings());
            self.places.push(reading.place);
            taken += 1;
        }
        taken
    }

    fn add(&mut self, reading: &Change<'_>, style: &Style, timestamp: u64) {
        let family = reading.family;
        self.name(family, style);
        self.label(reading, style);
        let [own, bucket, sum, count] = &self.names;
        let (before, rest) = self.labels.split_at(self.name_at);
        let (middle, after) = rest.split_at(self.le_at - self.name_at);
        let definition = &family.definition;
        let out = &mut self.request;
        let mut write = |name: &[u8], le: &[u8], value: f64| {
            // An overflown total would be read as a mark of the protocol's, or as nothing.
            if value.is_finite() {
                write_series(out, &[before, name, middle, le, after], value, timestamp);
            } else {
                report::export("remote_write", "encoding", &definition.name);
            }
        };
        match (definition.kind, definition.real, reading.now) {
            (Kind::Counter, false, [total]) => write(own, &[], whole(*total)),
            (Kind::Counter, true, [bits]) | (Kind::Gauge, _, [bits]) => {
                write(own, &[], f64::from_bits(*bits));
            }
            (Kind::Histogram, _, [bits, buckets @ ..]) => {
                let mut total = 0_u64;
                for (cell, le) in buckets.iter().zip(family.le.iter()) {
                    total = total.wrapping_add(*cell);
                    self.le.clear();
                    write_label(&mut self.le, "le", bound(le));
                    write(bucket, &self.le, whole(total));
                }
                write(sum, &[], f64::from_bits(*bits));
                write(count, &[], whole(total));
            }
            _ => {}
        }
    }

    /// Writes the names of a family, unless they are written.
    fn name(&mut self, family: &Family, style: &Style) {
        let address = std::ptr::from_ref(family).addr();
        if self.named == address {
            return;
        }
        self.named = address;
        let definition = &family.definition;
        let prefix = if definition.namespaced {
            ""
        } else {
            &style.prefix
        };
        for (label, suffix) in self.names.iter_mut().zip(["", "_bucket", "_sum", "_count"]) {
            self.text.clear();
            self.text.push_str(prefix);
            self.text.push_str(&definition.name);
            self.text.push_str(suffix);
            label.clear();
            write_label(label, "__name__", &self.text);
        }
    }

    /// Writes the labels of a series, by name as bytes ("Labels", remote write 1.0), and finds the places of those
    /// that change from sample to sample.
    fn label(&mut self, reading: &Change<'_>, style: &Style) {
        let definition = &reading.family.definition;
        self.labels.clear();
        (self.name_at, self.le_at) = (0, 0);
        let constant = style
            .constant
            .iter()
            .map(|(name, value)| (&**name, &**value));
        // The metric's own label wins, even where this series has none.
        let own = |name: &str| definition.labels.iter().any(|own| own == name);
        let mut constant = constant.filter(|(name, _)| !own(name)).peekable();
        let mut labels = reading.family.labels(reading.series).peekable();
        loop {
            let next = match (constant.peek(), labels.peek()) {
                (Some((constant_name, _)), Some((name, _))) if constant_name < name => {
                    constant.next()
                }
                (Some(_), None) => constant.next(),
                _ => labels.next(),
            };
            let Some((name, value)) = next else { break };
            write_label(&mut self.labels, name, value);
            if name < "__name__" {
                self.name_at = self.labels.len();
            }
            if name < "le" {
                self.le_at = self.labels.len();
            }
        }
    }
}

/// The bound in the text that ends a bucket's labels, `le="0.5"} `: it is spelled in one way everywhere.
fn bound(le: &str) -> &str {
    le.strip_prefix("le=\"")
        .and_then(|le| le.strip_suffix("\"} "))
        .unwrap_or(le)
}

#[expect(clippy::cast_precision_loss, reason = "samples are an f64")]
const fn whole(n: u64) -> f64 {
    n as f64
}
