//! Which cells are taken.

use super::page::{CHUNK_CELLS, MAX_CELLS};
use super::{HANDLE_CELLS, handles_alive, pool};
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::{Mutex, MutexGuard, lazy};
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::PoisonError;

/// Cells that belong to nobody: what finds no room is recorded here and never read. Index 0 lies before
/// them and stands for "not registered yet".
pub(crate) const SCRAP: u32 = 1;

/// Blocks that wait for their last handle, looked at again whenever another is allocated or given up.
const LOOKS: usize = 4;

struct Allocator {
    next: u32,
    /// Free blocks by their exact width, so that a block is reused by its like and never splits.
    free: BTreeMap<u32, Vec<u32>>,
    handles: Counts,
    /// Blocks whose series is gone but that handles still write, as many as there are such handles at the
    /// most.
    waiting: VecDeque<Counted>,
}

/// Cells that count handles. They lie apart from the numbers, so that a reader of numbers, who has no use for them, finds
/// those side by side.
struct Counts {
    free: Vec<u32>,
    /// What is not used yet of the cells taken last.
    fresh: Range<u32>,
}

/// The numbers of a series, and where its handles are counted.
#[derive(Clone, Copy)]
struct Counted {
    numbers: Block,
    handles: u32,
}

/// Consecutive cells.
#[derive(Clone, Copy)]
struct Block {
    start: u32,
    width: u32,
}

lazy! {
    static ALLOCATOR: Mutex<Allocator> = Mutex::new(Allocator {
        // The first chunk is the scrap: it is never touched unless memory for cells runs out.
        next: CHUNK_CELLS,
        free: BTreeMap::new(),
        handles: Counts {
            free: Vec::new(),
            fresh: 0..0,
        },
        waiting: VecDeque::new(),
    });
}

fn allocator() -> MutexGuard<'static, Allocator> {
    ALLOCATOR.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reserves `width` consecutive cells, all zero: within one chunk where they fit in one, else from the
/// beginning of a chunk.
///
/// `None` when the 67 million cells are spent.
pub(crate) fn allocate(width: u32) -> Option<u32> {
    let mut allocator = allocator();
    allocator.look_again(LOOKS);
    if let Some(start) = allocator.free.get_mut(&width).and_then(Vec::pop) {
        return Some(start);
    }
    let room = CHUNK_CELLS - allocator.next % CHUNK_CELLS;
    if room < width.min(CHUNK_CELLS) {
        let rest = allocator.next..allocator.next + room;
        allocator.next = rest.end;
        allocator.free.entry(1).or_default().extend(rest);
    }
    allocator.bump(width)
}

/// Reserves cells to count handles in, both zero; `None` as for [`allocate`].
pub(crate) fn allocate_handles() -> Option<u32> {
    let mut allocator = allocator();
    if let Some(handles) = allocator.handles.free.pop() {
        return Some(handles);
    }
    if allocator.handles.fresh.is_empty() {
        // Both of a pair lie in one chunk: chunks are of an even length.
        if !allocator.next.is_multiple_of(HANDLE_CELLS) {
            let single = allocator.bump(1)?;
            allocator.free.entry(1).or_default().push(single);
        }
        let start = allocator.bump(CHUNK_CELLS)?;
        allocator.handles.fresh = start..start + CHUNK_CELLS;
    }
    let start = allocator.handles.fresh.start;
    allocator.handles.fresh.start += HANDLE_CELLS;
    Some(start)
}

/// Makes cells available again that nothing can reach any more: the caller held the last reference, so all
/// writes to them happened before.
pub(crate) fn free(start: u32, width: u32) {
    allocator().release(Block { start, width });
}

/// Frees cells that were held back, now that nobody will be told of their recordings any more.
#[cfg(feature = "statsd")]
pub(crate) fn free_now(start: u32, width: u32) {
    allocator().release_now(Block { start, width });
}

/// As [`free`], for the numbers of a series whose handles are counted (see [`take`](super::take)), and for those counts:
/// once all handles are dropped, which may be now.
///
/// The caller held the last reference to the series, so no handle comes into being but by cloning one.
pub(crate) fn give_up(start: u32, width: u32, handles: u32) {
    let mut allocator = allocator();
    allocator.look_again(LOOKS);
    let counted = Counted {
        numbers: Block { start, width },
        handles,
    };
    if handles_alive(handles) {
        allocator.waiting.push_back(counted);
    } else {
        allocator.release_counted(counted);
    }
}

/// Looks at all blocks that wait for their last handle.
pub(crate) fn free_waiting() {
    allocator().look_again(usize::MAX);
}

impl Allocator {
    /// Cells that were never used.
    fn bump(&mut self, width: u32) -> Option<u32> {
        let start = self.next;
        self.next = start.checked_add(width).filter(|end| *end <= MAX_CELLS)?;
        Some(start)
    }

    fn release_counted(&mut self, counted: Counted) {
        // Of these nobody is told.
        Self::clear(counted.handles, HANDLE_CELLS);
        self.handles.free.push(counted.handles);
        self.release(counted.numbers);
    }

    /// Makes cells available again, unless an exporter of single recordings may still be told of theirs.
    fn release(&mut self, block: Block) {
        #[cfg(feature = "statsd")]
        if crate::recording::State::now().has_events()
            && crate::events::hold(block.start, block.width)
        {
            return;
        }
        self.release_now(block);
    }

    /// Zeroes the cells in every page and makes them available again. The mutex orders the zeroes before the
    /// next owner's first write.
    fn release_now(&mut self, block: Block) {
        Self::clear(block.start, block.width);
        self.free.entry(block.width).or_default().push(block.start);
    }

    fn clear(start: u32, width: u32) {
        for page in pool::every_page() {
            for cell in start..start + width {
                if let Some(cell) = page.peek(cell) {
                    // Relaxed: the mutex; see `release_now`.
                    cell.store(0, Relaxed);
                }
            }
        }
    }

    /// Releases some of the blocks that wait, if their handles are gone.
    fn look_again(&mut self, looks: usize) {
        for _ in 0..looks.min(self.waiting.len()) {
            let Some(counted) = self.waiting.pop_front() else {
                return;
            };
            if handles_alive(counted.handles) {
                self.waiting.push_back(counted);
            } else {
                self.release_counted(counted);
            }
        }
    }
}
