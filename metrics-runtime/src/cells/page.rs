//! A page: the cells of one writer, in chunks that appear when they are first touched.

use crate::sync::atomic::AtomicU64;
use std::sync::OnceLock;

/// Sizes; see `model` for those that are modelled.
#[cfg(not(all(test, instrumetrics_model)))]
mod sizes {
    /// Cells in a chunk (8 KiB).
    pub(crate) const CHUNK_CELLS: u32 = 1024;
    /// Chunks whose slots lie in the page itself: the first 65,536 cells are one load away.
    pub(super) const NEAR_CHUNKS: u32 = 64;
    /// Groups of further chunks, and chunks in a group: 67 million cells more.
    pub(super) const FAR_GROUPS: u32 = 256;
    pub(super) const GROUP_CHUNKS: u32 = 256;
}

/// Small, as loom's threads have small stacks.
#[cfg(all(test, instrumetrics_model))]
mod sizes {
    pub(crate) const CHUNK_CELLS: u32 = 4;
    pub(super) const NEAR_CHUNKS: u32 = 8;
    pub(super) const FAR_GROUPS: u32 = 2;
    pub(super) const GROUP_CHUNKS: u32 = 2;
}

pub(crate) use sizes::CHUNK_CELLS;
use sizes::{FAR_GROUPS, GROUP_CHUNKS, NEAR_CHUNKS};

/// Cells that a page can address.
pub(super) const MAX_CELLS: u32 = (NEAR_CHUNKS + FAR_GROUPS * GROUP_CHUNKS) * CHUNK_CELLS;

/// The cells of a chunk. Like their page, they live for ever.
pub(super) type Chunk = &'static [AtomicU64; CHUNK_CELLS as usize];

type Slot = OnceLock<Chunk>;

/// Two cache lines, as adjacent-line prefetching pairs them: pages of different threads never share one.
const LINES: usize = 128;
/// Different places for chunks to begin, a pair of lines from each to the next.
const COLOURS: usize = 8;

/// A chunk that begins at a pair of cache lines, a different one for each colour.
///
/// Without this, two threads on one counter ran at 0.7 of twice one thread in about half of the benchmark's runs.
/// Supposed, not proved: allocators give threads blocks at equal places of equal regions, which then compete for
/// the same places of a first-level cache that two hardware threads share.
fn new_chunk(colour: usize) -> Chunk {
    const CELL: usize = size_of::<AtomicU64>();
    const PERIOD: usize = COLOURS * LINES;
    let cells: &'static [AtomicU64] = (0..CHUNK_CELLS as usize + PERIOD / CELL)
        .map(|_| AtomicU64::new(0))
        .collect::<Vec<_>>()
        .leak();
    let place = cells.as_ptr().addr() % PERIOD;
    // From here to the next place that lies at this colour's distance from a multiple of the period.
    let distance = (colour % COLOURS * LINES + PERIOD - place) % PERIOD;
    cells
        .get(distance / CELL..)
        .and_then(<[AtomicU64]>::first_chunk)
        .unwrap_or_else(|| Box::leak(Box::new(std::array::from_fn(|_| AtomicU64::new(0)))))
}

/// The cells of one writer.
pub(crate) struct Page {
    /// Tells where chunks begin; see [`new_chunk`].
    colour: usize,
    near: [Slot; NEAR_CHUNKS as usize],
    far: [OnceLock<Box<[Slot]>>; FAR_GROUPS as usize],
}

impl Page {
    pub(super) const fn new(colour: usize) -> Self {
        Self {
            colour,
            near: [const { OnceLock::new() }; NEAR_CHUNKS as usize],
            far: [const { OnceLock::new() }; FAR_GROUPS as usize],
        }
    }

    /// The cell, its chunk made when it is the first of it.
    #[inline]
    pub(super) fn cell(&self, index: u32) -> &AtomicU64 {
        let (chunk, offset) = split(index);
        &self.chunk(chunk)[offset]
    }

    /// The cells from this one to the end of its chunk.
    #[inline]
    pub(super) fn cells(&self, index: u32) -> &[AtomicU64] {
        let (chunk, offset) = split(index);
        &self.chunk(chunk)[offset..]
    }

    #[inline]
    fn chunk(&self, chunk: usize) -> Chunk {
        match self.near.get(chunk).map(OnceLock::get) {
            Some(Some(chunk)) => chunk,
            _ => self.make(chunk),
        }
    }

    /// The cell if its chunk has been touched; reading makes nothing.
    #[inline]
    pub(super) fn peek(&self, index: u32) -> Option<&AtomicU64> {
        self.peek_from(index)?.first()
    }

    /// The cells from this one to the end of its chunk, if that has been touched.
    #[inline]
    pub(super) fn peek_from(&self, index: u32) -> Option<&[AtomicU64]> {
        self.peek_chunk(index)?.get(split(index).1..)
    }

    /// The chunk that has this cell, if it has been touched.
    #[inline]
    pub(super) fn peek_chunk(&self, index: u32) -> Option<Chunk> {
        let (chunk, _) = split(index);
        let slot = if let Some(slot) = self.near.get(chunk) {
            slot
        } else {
            let (group, place) = far(chunk);
            self.far.get(group)?.get()?.get(place)?
        };
        slot.get().copied()
    }

    /// Sets every cell to zero.
    #[cfg(feature = "testing")]
    pub(super) fn clear(&self) {
        let far = self.far.iter().filter_map(OnceLock::get).flatten();
        let chunks = self.near.iter().chain(far).filter_map(OnceLock::get);
        for cell in chunks.copied().flatten() {
            // Relaxed: who clears a page orders that before its next use.
            cell.store(0, std::sync::atomic::Ordering::Relaxed);
        }
    }

    #[cold]
    #[inline(never)]
    fn make(&self, chunk: usize) -> Chunk {
        let slot = if let Some(slot) = self.near.get(chunk) {
            slot
        } else {
            let (group, place) = far(chunk);
            // The allocator hands out no index beyond `MAX_CELLS`, so the group is there.
            let slots = self.far[group]
                .get_or_init(|| (0..GROUP_CHUNKS).map(|_| OnceLock::new()).collect());
            &slots[place]
        };
        slot.get_or_init(|| new_chunk(self.colour))
    }
}

/// The group of a chunk that is not near, and its place there.
const fn far(chunk: usize) -> (usize, usize) {
    let far = chunk - NEAR_CHUNKS as usize;
    (far / GROUP_CHUNKS as usize, far % GROUP_CHUNKS as usize)
}

/// The chunk of a cell, and its place there.
#[inline]
const fn split(index: u32) -> (usize, usize) {
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
        for index in [0, 1, 1023, 1024, 65_535, 65_536, 400_000, MAX_CELLS - 1] {
            assert!(page.peek(index).is_none_or(|cell| cell.load(Relaxed) == 0));
            page.cell(index).store(u64::from(index) + 1, Relaxed);
        }
        for index in [0, 1, 1023, 1024, 65_535, 65_536, 400_000, MAX_CELLS - 1] {
            assert_eq!(
                page.peek(index).map(|cell| cell.load(Relaxed)),
                Some(u64::from(index) + 1)
            );
        }
        assert!(page.peek(200_000).is_none());
    }
}
