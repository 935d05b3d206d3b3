//! Counts the allocations of each thread, and their bytes.
//!
//! Ready-made counting allocators keep atomics or a stack of totals, which would slow down exactly those
//! peers that allocate. This one adds to two thread-local integers.

#![expect(
    unsafe_code,
    reason = "`GlobalAlloc` is an unsafe trait; each call is handed to `System` as it came"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, counting.
#[derive(Debug)]
pub struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    // Const and without a destructor: reading it never allocates, and works until the thread is gone.
    static COUNT: Cell<u64> = const { Cell::new(0) };
    static HELD: Cell<i64> = const { Cell::new(0) };
}

/// How often this thread has allocated or grown an allocation.
#[must_use]
pub fn of_this_thread() -> u64 {
    COUNT.get()
}

/// Bytes that this thread has allocated less those that it has given back, whoever allocated them.
#[must_use]
pub fn held_by_this_thread() -> i64 {
    HELD.get()
}

fn count(bytes: usize) {
    COUNT.set(COUNT.get().wrapping_add(1));
    hold(bytes);
}

#[expect(clippy::cast_possible_wrap, reason = "no allocation is that large")]
fn hold(bytes: usize) {
    HELD.set(HELD.get().wrapping_add(bytes as i64));
}

#[expect(clippy::cast_possible_wrap, reason = "no allocation is that large")]
fn give_back(bytes: usize) {
    HELD.set(HELD.get().wrapping_sub(bytes as i64));
}

// SAFETY: every method passes its arguments to `System` unchanged and returns what it returned; `System`
// keeps the trait's promises, and the counters neither allocate nor unwind.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps the promises of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps the promises of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        give_back(layout.size());
        // SAFETY: the caller keeps the promises of `realloc`.
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        give_back(layout.size());
        // SAFETY: the caller keeps the promises of `dealloc`.
        unsafe { System.dealloc(at, layout) }
    }
}
