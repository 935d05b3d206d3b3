//! The numbers of a series, read for an exporter.

use crate::cells;
use crate::descriptor::Kind;
use crate::family::{Family, GaugeNumbers, Series};

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

/// How often a histogram is read again whose sum moved meanwhile, so that buckets and sum agree.
const READ_AGAIN: usize = 2;

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
                self.counts.resize(definition.bounds.len() + 1, 0);
                // The sum first: what is observed meanwhile is then in the buckets rather than missing there.
                let mut sum = cells::sum_f64(series.cell());
                let mut again = READ_AGAIN;
                loop {
                    cells::sum_all(series.cell() + 1, &mut self.counts);
                    let after = cells::sum_f64(series.cell());
                    if again == 0 || after.to_bits() == sum.to_bits() {
                        break;
                    }
                    again -= 1;
                    sum = after;
                }
                Numbers::Histogram {
                    bounds: definition.bounds,
                    counts: &self.counts,
                    sum,
                }
            }
        })
    }
}
