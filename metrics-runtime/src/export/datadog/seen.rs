//! What was written already: two series, or two metrics, that become one must not both be sent.

use super::sanitise::{NAME, write_tag};
use crate::export::push::Baseline;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::ops::Range;

/// The tags of the series of one family.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// All of them, one after the other.
    texts: String,
    by_hash: HashMap<u64, Range<usize>, RandomState>,
    tags: Vec<Range<usize>>,
    scratch: String,
}

impl Seen {
    pub(super) fn clear(&mut self) {
        self.texts.clear();
        self.by_hash.clear();
    }

    /// Appends labels as tags, each in quotes and with a comma after it, in the order of their texts, and returns
    /// whether no series had the same tags.
    pub(super) fn insert<'a>(
        &mut self,
        out: &mut String,
        labels: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> bool {
        self.scratch.clear();
        self.tags.clear();
        for (name, value) in labels {
            let start = self.scratch.len();
            write_tag(&mut self.scratch, name, value);
            self.tags.push(start..self.scratch.len());
        }
        // Tags are a set, and two labels may have become one key.
        let scratch = &self.scratch;
        let tag = |range: &Range<usize>| scratch.get(range.clone()).unwrap_or_default();
        self.tags.sort_by(|a, b| tag(a).cmp(tag(b)));
        self.tags.dedup_by(|a, b| tag(a) == tag(b));
        let start = out.len();
        for range in &self.tags {
            out.push('"');
            out.push_str(tag(range));
            out.push_str("\",");
        }
        let text = out.get(start..).unwrap_or_default();
        let hash = self.by_hash.hasher().hash_one(text);
        if let Some(earlier) = self.by_hash.get(&hash) {
            // Of two texts with one hash only the first is remembered: a chance of 1 in 2^64 for each pair.
            return self.texts.get(earlier.clone()) != Some(text);
        }
        let from = self.texts.len();
        self.texts.push_str(text);
        self.by_hash.insert(hash, from..self.texts.len());
        true
    }
}

/// The names of metrics that become another's, which came before.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: Vec<String>,
}

impl Names {
    pub(super) fn read(&mut self, baseline: &Baseline) {
        self.taken.clear();
        let mut names: HashMap<String, String> = HashMap::new();
        let mut last = "";
        let mut written = String::new();
        let changed = |name: &str, written: &mut String| {
            written.clear();
            (NAME.write)(written, name);
            written != name
        };
        // Most often no name is changed, and then no two are one.
        if !baseline
            .series()
            .any(|reading| changed(&reading.family.definition.name, &mut written))
        {
            return;
        }
        for reading in baseline.series() {
            let name = &*reading.family.definition.name;
            if name != last {
                last = name;
                changed(name, &mut written);
                if names.insert(written.clone(), name.to_owned()).is_some() {
                    self.taken.push(name.to_owned());
                }
            }
        }
    }

    pub(super) fn is_taken(&self, name: &str) -> bool {
        self.taken.iter().any(|taken| taken == name)
    }
}
