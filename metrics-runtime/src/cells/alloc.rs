//! Which cells are taken.

use super::page::{CHUNK_CELLS, MAX_CELLS};
use super::pool;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, PoisonError};

/// Cells that belong to nobody: what finds no room is recorded here and never read. Index 0 lies before
/// them and stands for "not registered yet".
pub(crate) const SCRAP: u32 = 1;

struct Allocator {
    next: u32,
    /// Free blocks by their exact width, so that a block is reused by its like and never splits.
    free: BTreeMap<u32, Vec<u32>>,
}

static ALLOCATOR: Mutex<Allocator> = Mutex::new(Allocator {
    // The first chunk is the scrap: it is never touched unless memory for cells runs out.
    next: CHUNK_CELLS,
    free: BTreeMap::new(),
});

/// Reserves `width` consecutive cells, all zero: within one chunk where they fit in one, else from the
/// beginning of a chunk.
///
/// `None` when the 67 million cells are spent.
pub(crate) fn allocate(width: u32) -> Option<u32> {
    let mut allocator = ALLOCATOR.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(start) = allocator.free.get_mut(&width).and_then(Vec::pop) {
        return Some(start);
    }
    let room = CHUNK_CELLS - allocator.next % CHUNK_CELLS;
    if room < width.min(CHUNK_CELLS) {
        let rest = allocator.next..allocator.next + room;
        allocator.next = rest.end;
        allocator.free.entry(1).or_default().extend(rest);
    }
    let start = allocator.next;
    let end = start.checked_add(width).filter(|end| *end <= MAX_CELLS)?;
    allocator.next = end;
    Some(start)
}

/// Zeroes the cells in every page and makes them available again.
///
/// Only for cells that nothing can reach any more: the caller held the last reference, so all writes to
/// them happened before, and the mutex orders the zeroes before the next owner's first write.
pub(crate) fn free(start: u32, width: u32) {
    #[cfg(feature = "statsd")]
    if crate::recording::State::now().has_events() && crate::events::hold(start, width) {
        return;
    }
    free_now(start, width);
}

/// As [`free`], though somebody may be told of their recordings.
pub(crate) fn free_now(start: u32, width: u32) {
    for page in pool::every_page() {
        for cell in start..start + width {
            if let Some(cell) = page.peek(cell) {
                cell.store(0, Relaxed);
            }
        }
    }
    let mut allocator = ALLOCATOR.lock().unwrap_or_else(PoisonError::into_inner);
    allocator.free.entry(width).or_default().push(start);
}
