//! The series of a family in the order in which they are exposed, and what a scrape reads of them.

use super::series::Series;
use super::{Family, render};
use crate::cells::Source;
use std::cmp::Ordering;
use std::sync::atomic;
use std::sync::{Arc, PoisonError};

/// All series by label values, made once for each version of a family.
#[derive(Default)]
pub(super) struct Sorted {
    /// Of the family when this was made; 0 where nothing is here.
    version: u64,
    series: Arc<[Arc<Series>]>,
    /// Made when a text is first written: other exporters have no use for it.
    listing: Option<Arc<Listing>>,
}

/// What a text has of each series beside the numbers, one after the other in memory, so that a scrape need not look
/// at the series themselves, which lie far from each other.
pub(crate) struct Listing {
    /// Kept, so that no cell becomes another series' while its number is being read.
    series: Arc<[Arc<Series>]>,
    /// What stands between the name and the number, as [`render::labels`] writes it, of one series after the other.
    text: Box<str>,
    /// How much of it each has.
    lengths: Box<[u32]>,
    /// Where the numbers are, in the order of the cells; empty for gauges.
    sources: Box<[Source]>,
}

impl Listing {
    fn new(family: &Family, series: Arc<[Arc<Series>]>) -> Self {
        // As if all were as long as the first: exact where there is but one, as of many metrics by name.
        let first = series.iter().take(1).flat_map(|first| family.labels(first));
        let length = first.map(|(name, value)| name.len() + value.len() + ",=\"\"".len());
        let length = length.sum::<usize>() + "} ".len();
        let mut text = String::with_capacity(length * series.len());
        let lengths = series.iter().map(|series| {
            let before = text.len();
            render::labels(&mut text, family.labels(series));
            // At most 32 values of some kilobytes.
            u32::try_from(text.len() - before).unwrap_or(0)
        });
        let lengths = lengths.collect();
        let counted = series.iter().filter(|series| series.gauge().is_none());
        let sources = counted.zip(0..).map(|(series, row)| Source {
            cell: series.cell(),
            row,
        });
        let mut sources: Box<[Source]> = sources.collect();
        sources.sort_unstable();
        Self {
            series,
            text: text.into_boxed_str(),
            lengths,
            sources,
        }
    }

    pub(crate) fn series(&self) -> &[Arc<Series>] {
        &self.series
    }

    /// `{a="x",b="y"} ` of each series, or a space, one after the other.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// How much of the text is that of each series.
    pub(crate) fn lengths(&self) -> &[u32] {
        &self.lengths
    }

    /// Where the numbers of counters and histograms are.
    pub(crate) fn sources(&self) -> &[Source] {
        &self.sources
    }
}

impl Family {
    /// All series, by label values (labels taken in the order of their names). In a scope, dynamic ones that
    /// recorded nothing there are left out.
    #[cfg(feature = "testing")]
    pub(crate) fn all(&self) -> Arc<[Arc<Series>]> {
        let all = self.every();
        if crate::cells::in_scope() {
            let recorded = all.iter().filter(|series| series.is_recorded());
            return recorded.cloned().collect();
        }
        all
    }

    /// All series, by label values (labels taken in the order of their names).
    #[cfg(not(feature = "testing"))]
    pub(crate) fn all(&self) -> Arc<[Arc<Series>]> {
        self.every()
    }

    /// As [`all`](Self::all), with what a text has of them.
    pub(crate) fn listing(&self) -> Arc<Listing> {
        #[cfg(feature = "testing")]
        if crate::cells::in_scope() {
            return Arc::new(Listing::new(self, self.all()));
        }
        let mut sorted = self.sorted.lock().unwrap_or_else(PoisonError::into_inner);
        self.sort(&mut sorted);
        let Sorted {
            series, listing, ..
        } = &mut *sorted;
        let listing =
            listing.get_or_insert_with(|| Arc::new(Listing::new(self, Arc::clone(series))));
        Arc::clone(listing)
    }

    /// Lets go of the list of the last reading, and of its references to the series.
    pub(super) fn forget_list(&self) {
        *self.sorted.lock().unwrap_or_else(PoisonError::into_inner) = Sorted::default();
    }

    fn every(&self) -> Arc<[Arc<Series>]> {
        let mut sorted = self.sorted.lock().unwrap_or_else(PoisonError::into_inner);
        self.sort(&mut sorted);
        Arc::clone(&sorted.series)
    }

    /// Lists the series anew if any came or went.
    fn sort(&self, sorted: &mut Sorted) {
        // Relaxed, and read before the map: a series that comes in between raises it again.
        let version = self.version.load(atomic::Ordering::Relaxed);
        if sorted.version == version {
            return;
        }
        let mut all: Vec<Arc<Series>> = self
            .dense
            .iter()
            .flat_map(|dense| dense.series.iter().cloned())
            .collect();
        for slot in &self.dynamic {
            all.extend(slot.iter().map(|member| Arc::clone(&member.series)));
        }
        all.sort_unstable_by(|a, b| self.order(a, b));
        *sorted = Sorted {
            version,
            series: all.into(),
            listing: None,
        };
    }

    /// How two series follow each other.
    pub(crate) fn order(&self, a: &Series, b: &Series) -> Ordering {
        let labels = self.by_name.iter();
        labels
            .map(|&label| a.values.get(label).cmp(b.values.get(label)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    /// The labels of a series in the order of their names, absent ones left out.
    pub(crate) fn labels<'a>(
        &'a self,
        series: &'a Series,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.by_name
            .iter()
            .filter_map(|&label| {
                Some((
                    &**self.definition.labels.get(label)?,
                    series.values.get(label),
                ))
            })
            .filter(|(_, value)| !value.is_empty())
    }

    /// The labels of a series as a text has them.
    #[cfg(test)]
    pub(crate) fn text(&self, series: &Series) -> String {
        let mut text = String::new();
        render::labels(&mut text, self.labels(series));
        text.trim_matches(['{', '}', ' ']).to_owned()
    }
}
