//! The numbers of a series, read for an exporter.

use crate::cells;
use crate::descriptor::Kind;
use crate::family::{Family, GaugeNumbers, Series};
use std::sync::Arc;

/// What a series holds at the moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Numbers<'a> {
    /// A counter of whole things.
    Count(u64),
    /// A counter of reals.
    Total(f64),
    Gauge(f64),
    /// Observations in each bucket by itself, the last up to infinity; their number is the sum of the counts.
    Histogram {
        bounds: &'static [f64],
        counts: &'a [u64],
        sum: f64,
    },
}

/// Reads series, with a buffer that is used again.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    counts: Vec<u64>,
}

impl Reader {
    /// The numbers of a series of this family; `None` for a gauge whose closure failed.
    pub(crate) fn read(&mut self, family: &Family, series: &Series) -> Option<Numbers<'_>> {
        let definition = &family.definition;
        Some(match (definition.kind, definition.real) {
            (Kind::Counter, false) => Numbers::Count(cells::sum(series.cell())),
            (Kind::Counter, true) => Numbers::Total(cells::sum_f64(series.cell())),
            (Kind::Gauge, _) => Numbers::Gauge(series.gauge().and_then(GaugeNumbers::value)?),
            (Kind::Histogram, _) => {
                // The sum first: what is observed meanwhile is then in the buckets rather than missing there.
                let sum = cells::sum_f64(series.cell());
                self.counts.resize(definition.bounds.len() + 1, 0);
                cells::sum_all(series.cell() + 1, &mut self.counts);
                Numbers::Histogram {
                    bounds: definition.bounds,
                    counts: &self.counts,
                    sum,
                }
            }
        })
    }

    /// How many recordings these families hold, the library's own left out.
    pub(crate) fn recordings(&mut self, families: &[Arc<Family>]) -> u64 {
        let mut recordings = 0_u64;
        for family in families.iter().filter(|family| !family.is_own()) {
            if family.definition.kind != Kind::Gauge {
                for series in family.all().iter() {
                    let numbers = self.read(family, series);
                    recordings =
                        recordings.wrapping_add(numbers.map_or(0, |numbers| numbers.recordings()));
                }
            }
        }
        recordings
    }
}

impl Numbers<'_> {
    /// How many recordings these numbers hold: what was counted, or observed. A counter of reals and a gauge hold
    /// none that could be counted.
    pub(crate) fn recordings(&self) -> u64 {
        match self {
            Numbers::Count(count) => *count,
            Numbers::Histogram { counts, .. } => counts.iter().fold(0, |n, c| n.wrapping_add(*c)),
            Numbers::Total(_) | Numbers::Gauge(_) => 0,
        }
    }
}
