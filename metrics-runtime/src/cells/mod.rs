//! The numbers themselves: plain counters that each thread writes on pages of its own.
//!
//! A *cell* is an index into every page. The thread that leases a page is the only one to write it, so
//! an increment is load, add, store, without a locked instruction and without a shared cache line; a
//! read adds the cell of all pages up. A thread that ends gives its page back with the counts in it and
//! the next thread goes on adding, so nothing is folded and nothing is lost.
//!
//! Reads need no lock. Every cell only grows (while its index is in use), and coherence lets a reader
//! that happens after another see at least the same value of each cell, so no sequence of reads ever
//! sees a total fall.
//!
//! Recording after `fork` without `exec`, and inside a global allocator, is not supported.

mod alloc;
mod bulk;
#[cfg(feature = "testing")]
mod list;
mod page;
mod pool;
#[cfg(feature = "testing")]
mod scope;
#[cfg(not(feature = "testing"))]
#[path = "no_scope.rs"]
mod scope;

#[cfg(feature = "statsd")]
pub(crate) use alloc::free_now;
pub(crate) use alloc::{SCRAP, allocate, allocate_handles, free, free_waiting, give_up};
pub(crate) use bulk::{Row, Source, sum_rows};
pub(crate) use page::CHUNK_CELLS;
#[cfg(feature = "testing")]
pub(crate) use scope::{Apart, Holder, in_scope, nanoseconds_by_hand};
pub(crate) use scope::{Began, outside};

use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::sync::interrupted;

/// Adds to an integer cell, wrapping at the top as Prometheus counters do.
#[inline]
pub(crate) fn add(cell: u32, n: u64) {
    if let Some(page) = pool::own_page() {
        let cell = page.cell(cell);
        // Relaxed: this thread is the only writer, and a cell is read for its own value alone.
        cell.store(cell.load(Relaxed).wrapping_add(n), Relaxed);
    } else {
        add_slowly(cell, n);
    }
}

#[cold]
fn add_slowly(cell: u32, n: u64) {
    match pool::lease() {
        Ok(()) => add(cell, n),
        // Relaxed: as above; the page has several writers, hence the locked add.
        Err(shared) => {
            shared.cell(cell).fetch_add(n, Relaxed);
        }
    }
}

/// Counts an observation: its bucket, and its value in the sum that stands before the buckets.
///
/// `start` is the sum; the cells of a histogram never straddle two chunks.
#[inline]
pub(crate) fn observe(start: u32, bucket: usize, value: f64) {
    if let Some(page) = pool::own_page()
        && let [sum, buckets @ ..] = page.cells(start)
        && let Some(bucket) = buckets.get(bucket)
    {
        // Relaxed: as in `add`; the sum and the buckets agree once writing has stopped.
        bucket.store(bucket.load(Relaxed).wrapping_add(1), Relaxed);
        sum.store(
            (f64::from_bits(sum.load(Relaxed)) + value).to_bits(),
            Relaxed,
        );
    } else {
        observe_slowly(start, bucket, value);
    }
}

#[cold]
fn observe_slowly(start: u32, bucket: usize, value: f64) {
    let bucket = u32::try_from(bucket).unwrap_or(0);
    add(start + 1 + bucket, 1);
    add_f64(start, value);
}

/// Adds one with release ordering, for a pair of cells that is read in a given order.
#[inline]
pub(crate) fn add_one_release(cell: u32) {
    if let Some(page) = pool::own_page() {
        let cell = page.cell(cell);
        // Release: who reads this value with acquire also sees what this thread, or one that handed
        // work to it, wrote before: `entered` is there whenever `left` is.
        cell.store(cell.load(Relaxed).wrapping_add(1), Release);
    } else {
        add_one_release_slowly(cell);
    }
}

#[cold]
fn add_one_release_slowly(cell: u32) {
    match pool::lease() {
        Ok(()) => add_one_release(cell),
        // Release: as above. Every write of a shared page is a read-modify-write, so a reader of a later one
        // sees what came before each earlier one too.
        Err(shared) => {
            shared.cell(cell).fetch_add(1, Release);
        }
    }
}

/// Cells that count the handles of a dynamic series: those ever taken, and those dropped.
pub(crate) const HANDLE_CELLS: u32 = 2;

/// Counts a handle more on the series whose handles are counted here. The caller has a reference to the series, or
/// another handle on it.
#[inline]
pub(crate) fn take(handles: u32) {
    // Without an ordering of its own; see `handles_alive`. A scope ends before what was taken in it.
    outside(|| add(handles, 1));
}

/// Counts a handle less on the series whose handles are counted here.
///
/// Not inlined: it is called wherever a handle goes, with what fits in a register.
#[inline(never)]
pub(crate) fn give_back(handles: u32) {
    // Release: what was recorded through the handle, and what was taken by cloning it, comes before.
    outside(|| add_one_release(handles + 1));
}

/// Whether there are handles on the series whose handles are counted here.
///
/// The answer `false` is final once nothing else refers to the series. Handles are counted up only, in two cells,
/// and `dropped` is read first, with acquire. A handle is taken before it is dropped, so each one that is seen
/// dropped is then seen taken; equal sums mean that these are the same handles. Those made from a reference to
/// the series were all taken before the last reference went, so they are seen taken, so dropped. Those cloned from a
/// handle were taken before that one was dropped, so they are seen taken, so dropped, and so on: there are no others,
/// and everything recorded through any of them happened before. (The sums are of 64 bits and do not wrap: that would
/// take centuries.)
pub(crate) fn handles_alive(handles: u32) -> bool {
    outside(|| {
        let dropped = sum_acquire(handles + 1);
        interrupted();
        dropped != sum(handles)
    })
}

/// Adds to a cell that holds the bits of an `f64`.
#[inline]
pub(crate) fn add_f64(cell: u32, x: f64) {
    if let Some(page) = pool::own_page() {
        let cell = page.cell(cell);
        // Relaxed: as in `add`.
        let sum = f64::from_bits(cell.load(Relaxed)) + x;
        cell.store(sum.to_bits(), Relaxed);
    } else {
        add_f64_slowly(cell, x);
    }
}

#[cold]
fn add_f64_slowly(cell: u32, x: f64) {
    match pool::lease() {
        Ok(()) => add_f64(cell, x),
        Err(shared) => atomic_add_f64(shared.cell(cell), x),
    }
}

/// Adds to an `f64` held as bits that several threads write.
pub(crate) fn atomic_add_f64(bits: &AtomicU64, x: f64) {
    // Relaxed: only the value itself is communicated. The closure always returns `Some`.
    let _ = bits.fetch_update(Relaxed, Relaxed, |old| {
        Some(finite(f64::from_bits(old) + x).to_bits())
    });
}

/// A sum of finite numbers that overflowed stays at the largest one, since an infinity would never be left again.
fn finite(sum: f64) -> f64 {
    sum.clamp(f64::MIN, f64::MAX)
}

/// The total of an integer cell over all pages.
pub(crate) fn sum(cell: u32) -> u64 {
    pool::pages()
        .filter_map(|page| page.peek(cell))
        .fold(0, |sum, cell| sum.wrapping_add(cell.load(Relaxed)))
}

/// The totals of consecutive integer cells, which lie in one chunk, over all pages.
pub(crate) fn sum_all(start: u32, totals: &mut [u64]) {
    totals.fill(0);
    for cells in pool::pages().filter_map(|page| page.peek_from(start)) {
        for (total, cell) in totals.iter_mut().zip(cells) {
            *total = total.wrapping_add(cell.load(Relaxed));
        }
    }
}

/// The total of an integer cell over all pages, with acquire ordering (see [`add_one_release`]).
pub(crate) fn sum_acquire(cell: u32) -> u64 {
    pool::pages()
        .filter_map(|page| page.peek(cell))
        .fold(0, |sum, cell| sum.wrapping_add(cell.load(Acquire)))
}

/// Whether anything was recorded in consecutive cells.
#[cfg(feature = "testing")]
pub(crate) fn any(start: u32, width: u32) -> bool {
    pool::pages().any(|page| {
        (start..start + width)
            .filter_map(|cell| page.peek(cell))
            .any(|cell| cell.load(Relaxed) != 0)
    })
}

/// The total of an `f64` cell over all pages.
pub(crate) fn sum_f64(cell: u32) -> f64 {
    let reals = || {
        let pages = pool::pages().filter_map(|page| page.peek(cell));
        pages.map(|cell| f64::from_bits(cell.load(Relaxed)))
    };
    // Without a clamp at each step; where one would have done anything, this is not finite.
    let sum = reals().fold(0.0, |sum, real| sum + real);
    if sum.is_finite() {
        return sum;
    }
    reals().fold(0.0, |sum, real| finite(sum + finite(real)))
}

#[cfg(test)]
#[cfg(instrumetrics_model)]
mod model;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU64};

    #[test]
    fn short_lived_threads_lose_nothing_and_totals_never_fall() {
        let cell = allocate(1).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let reader = {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || {
                let mut last = 0;
                let mut reads = 0_u64;
                while !stop.load(Relaxed) {
                    let now = sum(cell);
                    assert!(now >= last, "{now} after {last}");
                    last = now;
                    reads += 1;
                }
                reads
            })
        };
        for _ in 0..50 {
            let threads: Vec<_> = (0..20)
                .map(|_| std::thread::spawn(move || (0..1000).for_each(|_| add(cell, 1))))
                .collect();
            for thread in threads {
                thread.join().unwrap();
            }
        }
        stop.store(true, Relaxed);
        assert!(reader.join().unwrap() > 0);
        assert_eq!(sum(cell), 50 * 20 * 1000);
    }

    #[test]
    fn more_threads_than_pages_still_count_exactly() {
        let cell = allocate(2).unwrap();
        let started = Arc::new(AtomicU64::new(0));
        let threads: Vec<_> = (0..64)
            .map(|_| {
                let started = Arc::clone(&started);
                std::thread::spawn(move || {
                    add(cell, 1);
                    started.fetch_add(1, Relaxed);
                    while started.load(Relaxed) < 64 {
                        std::thread::yield_now();
                    }
                    (0..5000).for_each(|_| {
                        add(cell, 1);
                        add_f64(cell + 1, 0.5);
                    });
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(sum(cell), 64 * 5001);
        assert!((sum_f64(cell + 1) - 64.0 * 2500.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_freed_cell_starts_again_at_zero() {
        // A width that no other test asks for, so that the free list holds only this block.
        let first = allocate(37).unwrap();
        (0..37).for_each(|i| add(first + i, 7));
        free(first, 37);
        let second = allocate(37).unwrap();
        assert_eq!(first, second);
        assert!((0..37).all(|i| sum(second + i) == 0));
    }

    #[test]
    fn a_block_is_used_again_when_its_last_handle_is_gone() {
        // A width that no other test asks for.
        let (block, handles) = (allocate(41).unwrap(), allocate_handles().unwrap());
        take(handles);
        // A second handle, dropped on another thread than the one that took it.
        take(handles);
        std::thread::spawn(move || give_back(handles))
            .join()
            .unwrap();
        give_up(block, 41, handles);
        let other = allocate(41).unwrap();
        assert_ne!(block, other);
        add(block, 5);
        assert_eq!(sum(other), 0);
        give_back(handles);
        // Other tests' blocks may wait too, and be looked at before this one.
        let again = (0..1000).any(|_| allocate(41) == Some(block));
        assert!(again);
        assert!((0..41).all(|cell| sum(block + cell) == 0));
    }

    #[test]
    fn counts_of_handles_are_apart_and_their_own() {
        let mut cells: Vec<u32> = (0..2000)
            .flat_map(|n| {
                let numbers = allocate(if n % 3 == 0 { 14 } else { 1 }).unwrap();
                let handles = allocate_handles().unwrap();
                assert_eq!(handles / CHUNK_CELLS, (handles + 1) / CHUNK_CELLS);
                let width = if n % 3 == 0 { 14 } else { 1 };
                (numbers..numbers + width).chain([handles, handles + 1])
            })
            .collect();
        let all = cells.len();
        cells.sort_unstable();
        cells.dedup();
        assert_eq!(cells.len(), all);
    }

    #[test]
    fn recording_in_a_thread_local_destructor_is_counted() {
        struct Last(u32);
        impl Drop for Last {
            fn drop(&mut self) {
                add(self.0, 1);
            }
        }
        thread_local!(static LAST: std::cell::RefCell<Option<Last>> = const { std::cell::RefCell::new(None) });
        let cell = allocate(1).unwrap();
        for first in [true, false] {
            std::thread::spawn(move || {
                // Both orders of destruction: before and after the lease.
                if first {
                    add(cell, 1);
                }
                LAST.with(|last| *last.borrow_mut() = Some(Last(cell)));
                if !first {
                    add(cell, 1);
                }
            })
            .join()
            .unwrap();
        }
        assert_eq!(sum(cell), 4);
    }

    #[test]
    fn a_destructor_never_writes_the_page_of_the_next_thread() {
        const ADDS: u64 = 20_000;
        struct Last(u32);
        impl Drop for Last {
            fn drop(&mut self) {
                (0..ADDS).for_each(|_| add(self.0, 1));
            }
        }
        thread_local!(static LAST: std::cell::RefCell<Option<Last>> = const { std::cell::RefCell::new(None) });
        let cell = allocate(1).unwrap();
        // In both orders of destruction, so that one of them adds after the lease is gone.
        let threads: Vec<_> = (0..64)
            .map(|n| {
                std::thread::spawn(move || {
                    if n % 2 == 0 {
                        add(cell, 1);
                    }
                    LAST.with(|last| *last.borrow_mut() = Some(Last(cell)));
                    (0..ADDS).for_each(|_| add(cell, 1));
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(sum(cell), 64 * 2 * ADDS + 32);
    }
}
