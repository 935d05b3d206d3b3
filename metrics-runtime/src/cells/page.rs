//! A page: the cells of one writer. The first ones are there from its beginning, the others come in chunks when they are
//! first touched.

use crate::sync::atomic::AtomicU64;
use std::sync::OnceLock;

/// Sizes; see `model` for those that are modelled.
#[cfg(not(all(test, instrumetrics_model)))]
mod sizes {
    /// Cells in a chunk (8 KiB).
    pub(crate) const CHUNK_CELLS: u32 = 1024;
    /// Cells that are one comparison away: 128 KiB, for which allocators ask the system. So they are zeroes that take
    /// memory, and time, once they are written.
    pub(super) const NEAR_CELLS: u32 = 16 * CHUNK_CELLS;
    /// Groups of further chunks, and chunks in a group: 67 million cells.
    pub(super) const FAR_GROUPS: u32 = 256;
    pub(super) const GROUP_CHUNKS: u32 = 256;
}

/// Small, as loom's threads have small stacks.
#[cfg(all(test, instrumetrics_model))]
mod sizes {
    pub(crate) const CHUNK_CELLS: u32 = 4;
    pub(super) const NEAR_CELLS: u32 = 2 * CHUNK_CELLS;
    pub(super) const FAR_GROUPS: u32 = 2;
    pub(super) const GROUP_CHUNKS: u32 = 6;
}

pub(crate) use sizes::CHUNK_CELLS;
use sizes::{FAR_GROUPS, GROUP_CHUNKS, NEAR_CELLS};

/// Cells that a page can address.
pub(super) const MAX_CELLS: u32 = NEAR_CELLS + FAR_GROUPS * GROUP_CHUNKS * CHUNK_CELLS;

/// Consecutive cells. Like their page, they live for ever.
type Cells<const N: usize> = &'static [AtomicU64; N];

pub(super) type Chunk = Cells<{ CHUNK_CELLS as usize }>;

type Slot = OnceLock<Chunk>;

/// Two cache lines, as adjacent-line prefetching pairs them: pages of different threads never share one.
const LINES: usize = 128;
/// Different places for cells to begin, a pair of lines from each to the next.
const COLOURS: usize = 8;

/// Cells that begin at a pair of cache lines, a different one for each colour.
///
/// Without this, two threads on one counter ran at 0.7 of twice one thread in about half of the benchmark's runs.
/// Supposed, not proved: allocators give threads blocks at equal places of equal regions, which then compete for
/// the same places of a first-level cache that two hardware threads share.
fn new_cells<const N: usize>(colour: usize) -> Cells<N> {
    const CELL: usize = size_of::<AtomicU64>();
    const PERIOD: usize = COLOURS * LINES;
    let cells: &'static [AtomicU64] = Box::leak(zeroes(N + PERIOD / CELL));
    let place = cells.as_ptr().addr() % PERIOD;
    // From here to the next place that lies at this colour's distance from a multiple of the period.
    let distance = (colour % COLOURS * LINES + PERIOD - place) % PERIOD;
    cells
        .get(distance / CELL..)
        .and_then(<[AtomicU64]>::first_chunk)
        .unwrap_or_else(|| Box::leak(Box::new(std::array::from_fn(|_| AtomicU64::new(0)))))
}

/// Memory that the system hands out as zeroes need not be written.
#[cfg(not(all(test, instrumetrics_model)))]
fn zeroes(count: usize) -> Box<[AtomicU64]> {
    bytemuck::zeroed_slice_box(count)
}

#[cfg(all(test, instrumetrics_model))]
fn zeroes(count: usize) -> Box<[AtomicU64]> {
    (0..count).map(|_| AtomicU64::new(0)).collect()
}

/// The cells of one writer.
pub(crate) struct Page {
    near: Cells<{ NEAR_CELLS as usize }>,
    /// Tells where chunks begin; see [`new_cells`].
    colour: usize,
    far: OnceLock<Box<[Group]>>,
}

/// Chunks that lie beyond the near cells.
type Group = OnceLock<Box<[Slot]>>;

impl Page {
    pub(super) fn new(colour: usize) -> Self {
        Self {
            near: new_cells(colour),
            colour,
            far: OnceLock::new(),
        }
    }

    /// The cell, its chunk made when it is the first of it.
    #[inline]
    pub(super) fn cell(&self, index: u32) -> &AtomicU64 {
        match self.near.get(index as usize) {
            Some(cell) => cell,
            None => self.beyond(index),
        }
    }

    #[inline(never)]
    fn beyond(&self, index: u32) -> &AtomicU64 {
        let (chunk, offset) = split(index);
        &self.chunk(chunk)[offset]
    }

    /// The cells from this one on: at least those up to the end of its chunk.
    #[inline]
    pub(super) fn cells(&self, index: u32) -> &[AtomicU64] {
        match self.near.get(index as usize..) {
            Some(cells) if !cells.is_empty() => cells,
            _ => self.cells_beyond(index),
        }
    }

    #[inline(never)]
    fn cells_beyond(&self, index: u32) -> &[AtomicU64] {
        let (chunk, offset) = split(index);
        &self.chunk(chunk)[offset..]
    }

    fn chunk(&self, chunk: usize) -> Chunk {
        match self.slot(chunk).and_then(OnceLock::get) {
            Some(chunk) => chunk,
            None => self.make(chunk),
        }
    }

    /// Where the chunk is, if it is; `None` while its group is not there.
    fn slot(&self, chunk: usize) -> Option<&Slot> {
        let (group, place) = far(chunk);
        self.far.get()?.get(group)?.get()?.get(place)
    }

    /// The cell if its chunk has been touched; reading makes nothing.
    #[inline]
    pub(super) fn peek(&self, index: u32) -> Option<&AtomicU64> {
        self.peek_from(index)?.first()
    }

    /// The cells from this one on, at least those up to the end of its chunk, if that has been touched.
    #[inline]
    pub(super) fn peek_from(&self, index: u32) -> Option<&[AtomicU64]> {
        match self.near.get(index as usize..) {
            Some(cells) if !cells.is_empty() => Some(cells),
            _ => {
                let (chunk, offset) = split(index);
                self.slot(chunk)?.get()?.get(offset..)
            }
        }
    }

    /// The cells of the chunk that has this one, if it has been touched. It begins at a multiple of their number.
    #[inline]
    pub(super) fn peek_chunk(&self, index: u32) -> Option<Chunk> {
        let begin = index - index % CHUNK_CELLS;
        match self.near.get(begin as usize..) {
            Some(cells) if !cells.is_empty() => cells.first_chunk(),
            _ => self.slot(split(begin).0)?.get().copied(),
        }
    }

    /// Sets every cell to zero.
    #[cfg(feature = "testing")]
    pub(super) fn clear(&self) {
        use std::sync::atomic::Ordering::Relaxed;
        let groups = self.far.get().into_iter().flatten();
        let slots = groups.filter_map(OnceLock::get).flatten();
        let far = slots.filter_map(OnceLock::get).copied().flatten();
        for cell in self.near.iter().chain(far) {
            // Relaxed: who clears a page orders that before its next use. What is zero is not written, or it would
            // take memory.
            if cell.load(Relaxed) != 0 {
                cell.store(0, Relaxed);
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn make(&self, chunk: usize) -> Chunk {
        let (group, place) = far(chunk);
        let groups = self.far.get_or_init(|| empty(FAR_GROUPS));
        // The allocator hands out no index beyond `MAX_CELLS`, so the group is there.
        let slots = groups[group].get_or_init(|| empty(GROUP_CHUNKS));
        let slot = &slots[place];
        slot.get_or_init(|| new_cells(self.colour))
    }
}

fn empty<T>(count: u32) -> Box<[OnceLock<T>]> {
    (0..count).map(|_| OnceLock::new()).collect()
}

/// The group of a chunk, and its place there.
const fn far(chunk: usize) -> (usize, usize) {
    (chunk / GROUP_CHUNKS as usize, chunk % GROUP_CHUNKS as usize)
}

/// The chunk of a cell that is not near, and its place there.
#[inline]
const fn split(index: u32) -> (usize, usize) {
    let index = index - NEAR_CELLS;
    (
        (index / CHUNK_CELLS) as usize,
        (index % CHUNK_CELLS) as usize,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering::Relaxed;

    #[test]
    fn near_and_far_cells_are_distinct_and_appear_when_touched() {
        let page = Page::new(3);
        let indices = [
            0,
            1,
            1023,
            16_383,
            16_384,
            16_385,
            278_527,
            278_528,
            400_000,
            MAX_CELLS - 1,
        ];
        for index in indices {
            assert!(page.peek(index).is_none_or(|cell| cell.load(Relaxed) == 0));
            page.cell(index).store(u64::from(index) + 1, Relaxed);
        }
        for index in indices {
            assert_eq!(
                page.peek(index).map(|cell| cell.load(Relaxed)),
                Some(u64::from(index) + 1)
            );
            let chunk = page.peek_chunk(index).unwrap();
            let cell = &chunk[(index % CHUNK_CELLS) as usize];
            assert_eq!(cell.load(Relaxed), u64::from(index) + 1);
        }
        assert!(page.peek(200_000).is_none() && page.peek_chunk(200_000).is_none());
    }
}
