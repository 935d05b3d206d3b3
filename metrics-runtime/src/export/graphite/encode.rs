//! Lines of Graphite's plaintext protocol: `path value timestamp`.

use super::mapping;
use crate::descriptor::Kind;
use crate::export::push::labels::Labels;
use crate::export::push::{Baseline, Change, Place};
use crate::export::text::{write_f64, write_u64};
use crate::family::Family;
use crate::report;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::BuildHasher;
use std::ops::Range;

/// Carbon closes the connection at a longer line (Twisted's `LineOnlyReceiver`).
const MOST_LINE_BYTES: usize = 16_384;

/// What an exporter is called in reports.
const EXPORTER: &str = "graphite";

/// Writes all series of a reading into a buffer that is used again.
pub(super) struct Encoder {
    /// With its dot, or empty.
    prefix: String,
    labels: Labels,
    tags: bool,
    /// The lines.
    pub(super) text: String,
    /// Series that are not in the text, and how many recordings are lost with them.
    pub(super) left_out: Vec<(Place, u64)>,
    /// What ends the path of each bucket of the family at hand, with the space after it.
    bounds: Vec<String>,
    /// The labels of the series at hand.
    own: String,
    /// The labels of the family's series so far, by their hash; kept where two could become one.
    seen: HashMap<u64, Range<usize>, RandomState>,
    seen_text: String,
    hasher: RandomState,
}

/// Why a series is left out.
pub(super) enum Unfit {
    /// Another became the same path.
    Collision,
    /// A line is too long, or a value is not finite.
    Encoding,
}

impl Encoder {
    pub(super) fn new(prefix: &str, labels: Labels, tags: bool) -> Self {
        let mut prefix = prefix.to_owned();
        if !prefix.is_empty() {
            prefix.push('.');
        }
        Self {
            prefix,
            labels,
            tags,
            text: String::new(),
            left_out: Vec::new(),
            bounds: Vec::new(),
            own: String::new(),
            seen: HashMap::default(),
            seen_text: String::new(),
            hasher: RandomState::default(),
        }
    }

    /// Writes all series with the time of the reading, in seconds since 1970.
    pub(super) fn encode(&mut self, baseline: &Baseline, seconds: u64) {
        self.text.clear();
        self.left_out.clear();
        let (mut end, mut end_of_gone) = (String::new(), String::new());
        for (end, seconds) in [
            (&mut end, seconds),
            // The last value of a removed metric, before the first of a new one of the same name.
            (&mut end_of_gone, seconds.saturating_sub(1)),
        ] {
            end.push(' ');
            write_u64(end, seconds);
            end.push('\n');
        }
        let mut current: Option<&Family> = None;
        let mut distinct = true;
        for change in baseline.series() {
            if current.is_none_or(|family| !std::ptr::eq(family, change.family)) {
                current = Some(change.family);
                distinct = self.labels.begin(&change.family.definition);
                self.seen.clear();
                self.seen_text.clear();
                self.write_bounds(change.family);
            }
            let begin = self.text.len();
            let end = if change.gone { &end_of_gone } else { &end };
            let written = if distinct {
                self.series(&change, end)
            } else {
                Err(Unfit::Collision)
            };
            if let Err(unfit) = written {
                self.text.truncate(begin);
                self.left_out.push((change.place, change.recordings()));
                let error_type = match unfit {
                    Unfit::Collision => "collision",
                    Unfit::Encoding => "encoding",
                };
                report::export(EXPORTER, error_type, &change.family.definition.name);
            }
        }
    }

    fn series(&mut self, change: &Change<'_>, end: &str) -> Result<(), Unfit> {
        self.own.clear();
        self.labels.write(&mut self.own, change.series);
        if !self.tags && self.is_seen() {
            return Err(Unfit::Collision);
        }
        let definition = &change.family.definition;
        match (definition.kind, change.now) {
            (Kind::Counter, [count]) if !definition.real => {
                self.path(&definition.name, "");
                self.text.push(' ');
                write_u64(&mut self.text, *count);
            }
            (Kind::Counter | Kind::Gauge, [bits]) => {
                self.path(&definition.name, "");
                self.real(f64::from_bits(*bits))?;
            }
            (Kind::Histogram, [sum, counts @ ..]) => {
                return self.histogram(change.family, f64::from_bits(*sum), counts, end);
            }
            _ => return Err(Unfit::Encoding),
        }
        self.text.push_str(end);
        self.fits(definition.name.len() + 64)
    }

    fn histogram(
        &mut self,
        family: &Family,
        sum: f64,
        counts: &[u64],
        end: &str,
    ) -> Result<(), Unfit> {
        let name = &family.definition.name;
        // All lines of buckets begin alike: written once, then copied.
        let begin = self.text.len();
        self.path(name, "_bucket");
        let same = begin..self.text.len();
        let mut all = 0_u64;
        for (bucket, (count, bound)) in counts.iter().zip(&self.bounds).enumerate() {
            all = all.wrapping_add(*count);
            if bucket > 0 {
                self.text.extend_from_within(same.clone());
            }
            self.text.push_str(bound);
            write_u64(&mut self.text, all);
            self.text.push_str(end);
        }
        self.path(name, "_sum");
        self.real(sum)?;
        self.text.push_str(end);
        self.path(name, "_count");
        self.text.push(' ');
        write_u64(&mut self.text, all);
        self.text.push_str(end);
        self.fits(name.len() + 128)
    }

    /// Prepares for the buckets of a family.
    fn write_bounds(&mut self, family: &Family) {
        // Those of other families are kept for the next that has as many.
        if self.bounds.len() < family.le.len() {
            self.bounds.resize_with(family.le.len(), String::new);
        }
        for (bound, le) in self.bounds.iter_mut().zip(family.le.iter()) {
            let le = le.strip_prefix("le=\"").unwrap_or(le);
            let le = le.strip_suffix("\"} ").unwrap_or(le);
            bound.clear();
            if self.tags {
                bound.push_str(";le=");
                bound.push_str(le);
            } else {
                bound.push_str(".le.");
                (mapping::PATHS.label_value.write)(bound, le);
            }
            bound.push(' ');
        }
    }

    fn path(&mut self, name: &str, suffix: &str) {
        self.text.push_str(&self.prefix);
        self.text.push_str(name);
        self.text.push_str(suffix);
        self.text.push_str(&self.own);
    }

    /// A value, if it can be one: carbon drops what is not a number.
    pub(super) fn real(&mut self, value: f64) -> Result<(), Unfit> {
        if !value.is_finite() {
            return Err(Unfit::Encoding);
        }
        self.text.push(' ');
        write_f64(&mut self.text, value);
        Ok(())
    }

    /// Whether the lines at hand are short enough, with so many bytes for what is not a label.
    fn fits(&self, rest: usize) -> Result<(), Unfit> {
        if self.prefix.len() + self.own.len() + rest > MOST_LINE_BYTES {
            Err(Unfit::Encoding)
        } else {
            Ok(())
        }
    }

    /// Whether another series of the family has the labels at hand, which it has from now on.
    fn is_seen(&mut self) -> bool {
        let same = |text: &str, range: Range<usize>| text.get(range) == Some(&self.own);
        match self.seen.entry(self.hasher.hash_one(&self.own)) {
            Entry::Occupied(seen) => same(&self.seen_text, seen.get().clone()),
            Entry::Vacant(vacant) => {
                let begin = self.seen_text.len();
                self.seen_text.push_str(&self.own);
                vacant.insert(begin..self.seen_text.len());
                false
            }
        }
    }
}
