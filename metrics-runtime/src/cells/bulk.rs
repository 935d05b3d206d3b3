//! The totals of many series at once, read in the order in which the cells lie.
//!
//! A scrape that reads them in the order in which series are exposed meets a cache miss for each cell and page.

use super::page::CHUNK_CELLS;
use super::{pool, sum_f64};
use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::Relaxed;

/// A series that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Source {
    /// The first of its cells.
    pub(crate) cell: u32,
    /// Which row its totals are put into.
    pub(crate) row: u32,
}

/// Series that are added up page by page before their totals are put where they belong.
const RUN: usize = 512;

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
    for run in sources.chunk_by(same_chunk).flat_map(|run| run.chunks(RUN)) {
        match row {
            Row::Count => counts(run, totals),
            Row::Real => reals(run, 1, totals),
            Row::Histogram(_) => {
                reals(run, width, totals);
                buckets(run, width, totals);
            }
        }
    }
}

/// The cells from the first of a run to the end of its chunk, of each page.
fn chunks(run: &[Source]) -> impl Iterator<Item = (u32, &'static [AtomicU64])> {
    let first = run.first().map_or(0, |source| source.cell);
    pool::pages()
        .filter_map(move |page| page.peek_from(first))
        .map(move |cells| (first, cells))
}

fn counts(run: &[Source], totals: &mut [u64]) {
    let mut sums = [0_u64; RUN];
    for (first, cells) in chunks(run) {
        for (sum, source) in sums.iter_mut().zip(run) {
            if let Some(cell) = cells.get((source.cell - first) as usize) {
                *sum = sum.wrapping_add(cell.load(Relaxed));
            }
        }
    }
    for (sum, source) in sums.iter().zip(run) {
        if let Some(total) = totals.get_mut(source.row as usize) {
            *total = *sum;
        }
    }
}

/// The first cell of each source.
fn reals(run: &[Source], width: usize, totals: &mut [u64]) {
    let mut sums = [0_f64; RUN];
    for (first, cells) in chunks(run) {
        for (sum, source) in sums.iter_mut().zip(run) {
            if let Some(cell) = cells.get((source.cell - first) as usize) {
                *sum += f64::from_bits(cell.load(Relaxed));
            }
        }
    }
    for (sum, source) in sums.iter().zip(run) {
        if let Some(total) = totals.get_mut(source.row as usize * width) {
            // What overflowed is added up again, with care.
            let sum = if sum.is_finite() {
                *sum
            } else {
                sum_f64(source.cell)
            };
            *total = sum.to_bits();
        }
    }
}

/// The cells after the first of each source.
fn buckets(run: &[Source], width: usize, totals: &mut [u64]) {
    for (first, cells) in chunks(run) {
        for source in run {
            let begin = source.row as usize * width;
            let row = totals.get_mut(begin + 1..begin + width);
            let cells = cells.get((source.cell - first) as usize + 1..);
            if let (Some(row), Some(cells)) = (row, cells) {
                for (total, cell) in row.iter_mut().zip(cells) {
                    *total = total.wrapping_add(cell.load(Relaxed));
                }
            }
        }
    }
}
