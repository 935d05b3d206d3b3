//! What threads share in [`cells`](crate::cells): the standard library's, or loom's where the model is checked.
//!
//! The model is `cells/model.rs`; CONTRIBUTING.md has the command that checks it. `OnceLock` stays the standard library's, as
//! loom has none: nothing in its closures switches threads, and that loom sees no order through it only adds schedules.

#[cfg(not(all(test, instrumetrics_model)))]
mod real {
    pub(crate) use std::sync::atomic;
    pub(crate) use std::sync::{Mutex, MutexGuard};
    pub(crate) use std::thread_local as locals;

    /// A `static` made when it is first used.
    macro_rules! lazy {
        (static $name:ident: $type:ty = $make:expr;) => {
            static $name: std::sync::LazyLock<$type> = std::sync::LazyLock::new(|| $make);
        };
    }
    pub(crate) use lazy;

    /// Where other threads come between, as anywhere.
    #[inline]
    pub(crate) const fn interrupted() {}
}

#[cfg(all(test, instrumetrics_model))]
mod real {
    pub(crate) use loom::sync::atomic;
    pub(crate) use loom::sync::{Mutex, MutexGuard};

    /// Loom's knows no `const`.
    macro_rules! locals {
        ($($(#[$meta:meta])* static $name:ident: $type:ty = const { $make:expr };)*) => {
            loom::thread_local! {
                $($(#[$meta])* static $name: $type = $make;)*
            }
        };
    }
    pub(crate) use locals;

    /// A `static` made when it is first used, in each schedule.
    macro_rules! lazy {
        (static $name:ident: $type:ty = $make:expr;) => {
            loom::lazy_static! {
                // A thread may still give its page back when loom has dropped what is lazy.
                static ref $name: &'static $type = Box::leak(Box::new($make));
            }
        };
    }
    pub(crate) use lazy;

    /// Other threads run here. Loom saves schedules that it holds for equal; between two readings of cells that nobody
    /// wrote before it did not try any by itself, as reversing them showed.
    pub(crate) fn interrupted() {
        loom::thread::yield_now();
    }

    /// What the standard library's keys of cells have.
    pub(crate) trait CellKey<T> {
        fn get(&'static self) -> T;
        fn set(&'static self, value: T);
    }

    impl<T: Copy + Default> CellKey<T> for loom::thread::LocalKey<std::cell::Cell<T>> {
        fn get(&'static self) -> T {
            // Nothing is there once the thread's locals are gone.
            self.try_with(std::cell::Cell::get).unwrap_or_default()
        }

        fn set(&'static self, value: T) {
            let _ = self.try_with(|cell| cell.set(value));
        }
    }
}

pub(crate) use real::*;
