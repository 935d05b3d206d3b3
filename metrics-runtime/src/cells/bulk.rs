//! The totals of many series at once, read in the order in which the cells lie.
//!
//! A scrape that reads them in the order in which series are exposed meets a cache miss for each cell and page.

use super::page::{CHUNK_CELLS, Chunk};
use super::{pool, sum_f64};
use crate::sync::atomic::Ordering::Relaxed;

/// A series that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Source {
    /// The first of its cells.
    pub(crate) cell: u32,
    /// Which row its totals are put into.
    pub(crate) row: u32,
}

/// Pages that are read side by side. Each is a stream that the processor fetches in advance.
const STREAMS: usize = 16;

/// What the cells of a series hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// One integer.
    Count,
    /// One real, as bits.
    Real,
    /// A real, as bits, and then so many integers, all in one chunk.
    Histogram(usize),
}

/// Puts the totals over all pages in the place of what `totals` holds: a row for each source.
///
/// The sources are in the order of their cells. The real of a histogram is read before its integers.
pub(crate) fn sum_rows(sources: &[Source], row: Row, totals: &mut Vec<u64>) {
    let width = match row {
        Row::Count | Row::Real => 1,
        Row::Histogram(buckets) => 1 + buckets,
    };
    totals.clear();
    totals.resize(sources.len() * width, 0);
    let same_chunk = |a: &Source, b: &Source| a.cell / CHUNK_CELLS == b.cell / CHUNK_CELLS;
    for run in sources.chunk_by(same_chunk) {
        let Some(first) = run.first() else { continue };
        let mut pages = pool::pages().filter_map(|page| page.peek_chunk(first.cell));
        while let Some(page) = pages.next() {
            let mut group: [Chunk; STREAMS] = [page; STREAMS];
            let mut length = 1;
            for (slot, page) in group.iter_mut().skip(1).zip(&mut pages) {
                *slot = page;
                length += 1;
            }
            let group = group.get(..length).unwrap_or(&group);
            match row {
                Row::Count => add_counts(run, group, totals),
                Row::Real => add_reals(run, group, width, totals),
                Row::Histogram(_) => add_histograms(run, group, width, totals),
            }
        }
        if row != Row::Count {
            correct(run, width, totals);
        }
    }
}

const fn offset(source: Source) -> usize {
    (source.cell % CHUNK_CELLS) as usize
}

fn add_counts(run: &[Source], group: &[Chunk], totals: &mut [u64]) {
    for source in run {
        let offset = offset(*source);
        let add = |sum: u64, page: &Chunk| sum.wrapping_add(page[offset].load(Relaxed));
        if let Some(total) = totals.get_mut(source.row as usize) {
            *total = group.iter().fold(*total, add);
        }
    }
}

fn add_reals(run: &[Source], group: &[Chunk], width: usize, totals: &mut [u64]) {
    for source in run {
        let offset = offset(*source);
        let add = |sum: f64, page: &Chunk| sum + f64::from_bits(page[offset].load(Relaxed));
        if let Some(total) = totals.get_mut(source.row as usize * width) {
            *total = group.iter().fold(f64::from_bits(*total), add).to_bits();
        }
    }
}

fn add_histograms(run: &[Source], group: &[Chunk], width: usize, totals: &mut [u64]) {
    for source in run {
        // The sum first: what is observed meanwhile is then in the buckets rather than missing there. That holds for
        // groups of pages one after the other, too, as no observation has its sum on a later page than its bucket: both are on
        // one page, unless its thread got a page of its own in between, and shared pages come last.
        add_reals(std::slice::from_ref(source), group, width, totals);
        let begin = source.row as usize * width;
        let first = offset(*source) + 1;
        for page in group {
            let totals = totals.get_mut(begin + 1..begin + width);
            let cells = page.get(first..first + width - 1);
            for (total, cell) in totals
                .into_iter()
                .flatten()
                .zip(cells.into_iter().flatten())
            {
                *total = total.wrapping_add(cell.load(Relaxed));
            }
        }
    }
}

/// Adds up again, with care, what overflowed.
fn correct(run: &[Source], width: usize, totals: &mut [u64]) {
    for source in run {
        if let Some(total) = totals.get_mut(source.row as usize * width)
            && !f64::from_bits(*total).is_finite()
        {
            *total = sum_f64(source.cell).to_bits();
        }
    }
}
