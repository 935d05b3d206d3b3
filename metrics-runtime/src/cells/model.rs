//! Every schedule of a few threads on this module's own code, and every value that the memory model lets them read.
//!
//! Loom replaces what threads share; pages, the pool, the allocator and the counting of handles are the real ones, with a
//! chunk of four cells, two pages to own and one to share. What holds a series by reference is an `Arc` of loom's whose last
//! drop gives the block up, as that of a `Series` does.

use super::{add, allocate, allocate_handles, give_back, give_up, pool, sum, take};
use loom::sync::Arc;
use loom::thread;

/// There is one number.
const WIDTH: u32 = 1;

/// A series, as far as its cells go.
#[derive(Clone, Copy)]
struct Cells {
    number: u32,
    handles: u32,
}

struct Series(Cells);

impl Series {
    fn new() -> Arc<Self> {
        let (number, handles) = (allocate(WIDTH).unwrap(), allocate_handles().unwrap());
        [number, handles, handles + 1].map(pool::make_all);
        Arc::new(Self(Cells { number, handles }))
    }
}

impl Drop for Series {
    fn drop(&mut self) {
        give_up(self.0.number, WIDTH, self.0.handles);
    }
}

/// A handle.
struct Handle(Cells);

impl Handle {
    fn of(series: &Series) -> Self {
        take(series.0.handles);
        Self(series.0)
    }

    fn record(&self) {
        add(self.0.number, 1);
    }
}

impl Clone for Handle {
    fn clone(&self) -> Self {
        take(self.0.handles);
        Self(self.0)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        give_back(self.0.handles);
    }
}

/// Loom's own stacks are too small for a page that is being made.
fn spawn<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> thread::JoinHandle<T> {
    thread::Builder::new().stack_size(1 << 16).spawn(f).unwrap()
}

fn check(body: fn()) {
    let mut model = loom::model::Builder::new();
    // All schedules: they take a few seconds.
    model.preemption_bound = None;
    // Loom's first thread outlives its lazy statics, so a page could not be given back from there.
    model.check(move || spawn(body).join().unwrap());
}

/// A series that is born while others go has nothing but its own.
fn is_untouched(born: u32) {
    assert_eq!(sum(born), 0, "a stranger's recording");
    add(born, 5);
    assert_eq!(sum(born), 5, "a stranger's recording");
}

#[test]
fn a_handle_that_outlives_its_series_writes_into_no_other() {
    check(|| {
        let series = Series::new();
        let recording = {
            let series = Arc::clone(&series);
            spawn(move || {
                let handle = Handle::of(&series);
                drop(series);
                handle.record();
            })
        };
        drop(series);
        let born = allocate(WIDTH).unwrap();
        is_untouched(born);
        recording.join().unwrap();
        assert_eq!(sum(born), 5, "a stranger's recording");
    });
}

#[test]
fn a_clone_on_another_thread_is_seen() {
    check(|| {
        let series = Series::new();
        let handle = Handle::of(&series);
        let recording = spawn(move || {
            let clone = handle.clone();
            drop(handle);
            clone.record();
        });
        drop(series);
        let born = allocate(WIDTH).unwrap();
        is_untouched(born);
        recording.join().unwrap();
        assert_eq!(sum(born), 5, "a stranger's recording");
    });
}

#[test]
fn a_handle_may_be_dropped_where_it_was_not_taken() {
    check(|| {
        let series = Series::new();
        let (first, second) = (Handle::of(&series), Handle::of(&series));
        let threads = [first, second].map(|handle| {
            spawn(move || {
                handle.record();
                drop(handle);
            })
        });
        drop(series);
        let born = allocate(WIDTH).unwrap();
        is_untouched(born);
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(sum(born), 5, "a stranger's recording");
    });
}

#[test]
fn a_page_goes_from_thread_to_thread_with_its_counts() {
    check(|| {
        let cell = allocate(1).unwrap();
        pool::make_all(cell);
        // One page is left to own: one or two meet on the shared page, or own it after another.
        add(cell, 1);
        let threads = [10, 100, 1000].map(|n| spawn(move || add(cell, n)));
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(sum(cell), 1111);
    });
}
