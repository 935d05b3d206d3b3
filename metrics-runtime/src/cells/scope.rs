//! Scopes: numbers kept apart from those of the process, for tests.
//!
//! A scope has a *ledger*: pages of its own, one for each thread that is inside at the same time. A thread
//! that enters swaps the pointer to the page it writes for one of these, and back when it leaves, so that
//! recording is the same instructions inside and outside. Reads add up the pages of the scope that the
//! reading thread is in, or else those of the process. What several threads write in one place (gauges)
//! lies on one more page of the ledger.
//!
//! Ledgers live for ever and are used again, so there are as many as there were scopes at one time.

use super::list::List;
use super::page::Page;
use super::{alloc, pool};
use std::cell::Cell;
use std::num::NonZeroU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// The numbers of one scope.
pub(super) struct Ledger {
    /// Whose it is: another number for each scope, and after each reset; zero while it is nobody's. It is written
    /// under the lock of `state`. Relaxed everywhere: the number itself is all there is.
    number: AtomicU64,
    /// All pages that threads had to themselves inside of the scope.
    pages: List<Page>,
    /// What several threads write.
    shared: Page,
    /// Whether time is set by hand, and what it is. Relaxed everywhere: who moves the clock orders that against
    /// other threads, as with any clock.
    by_hand: AtomicBool,
    nanoseconds: AtomicU64,
    state: Mutex<State>,
}

struct State {
    /// Handles on the scope, and threads inside.
    holders: usize,
    /// Pages that no thread writes now, with their counts.
    idle: Vec<&'static Page>,
}

static LEDGERS: List<Ledger> = List::new();
/// Ledgers that are nobody's, all zero.
static IDLE: Mutex<Vec<&'static Ledger>> = Mutex::new(Vec::new());
static NUMBERS: AtomicU64 = AtomicU64::new(1);

thread_local! {
    /// The scope that this thread is in. Const and without a destructor, like the pointer to its page.
    static CURRENT: Cell<Option<&'static Ledger>> = const { Cell::new(None) };
}

fn next_number() -> u64 {
    // Relaxed: only uniqueness matters.
    NUMBERS.fetch_add(1, Relaxed)
}

impl Ledger {
    fn new() -> Self {
        Self {
            number: AtomicU64::new(0),
            pages: List::new(),
            shared: Page::new(0),
            by_hand: AtomicBool::new(false),
            nanoseconds: AtomicU64::new(0),
            state: Mutex::new(State {
                holders: 0,
                idle: Vec::new(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every number to zero. Called under the lock of `state`.
    fn clear(&self) {
        for page in self.pages.iter() {
            page.clear();
        }
        self.shared.clear();
    }

    /// The pages that are added up.
    pub(super) fn pages(&self) -> impl Iterator<Item = &'static Page> + use<> {
        self.pages.iter()
    }
}

/// The scope that this thread is in.
#[inline]
pub(super) fn current() -> Option<&'static Ledger> {
    CURRENT.get()
}

/// Whether this thread is in a scope.
pub(crate) fn in_scope() -> bool {
    current().is_some()
}

/// The pages of all scopes there ever were, those in use and those to be used again.
pub(super) fn all_pages() -> impl Iterator<Item = &'static Page> {
    LEDGERS
        .iter()
        .flat_map(|ledger| ledger.pages().chain([&ledger.shared]))
}

/// A handle on a scope. The last one leaves its ledger zeroed, to the next scope.
pub(crate) struct Holder(&'static Ledger);

impl Holder {
    /// A new scope.
    pub(crate) fn new(by_hand: bool) -> Self {
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let ledger = idle.unwrap_or_else(|| LEDGERS.push(Ledger::new()));
        let mut state = ledger.state();
        state.holders = 1;
        ledger.number.store(next_number(), Relaxed);
        ledger.nanoseconds.store(0, Relaxed);
        ledger.by_hand.store(by_hand, Relaxed);
        Self(ledger)
    }

    /// The scope that this thread is in.
    pub(crate) fn current() -> Option<Self> {
        // Whoever is inside holds it.
        current().map(|ledger| {
            ledger.state().holders += 1;
            Self(ledger)
        })
    }

    /// The scope of this number, unless it is gone or was reset.
    fn numbered(number: NonZeroU64) -> Option<Self> {
        let is_it = |ledger: &&Ledger| ledger.number.load(Relaxed) == number.get();
        let ledger = LEDGERS.iter().find(is_it)?;
        let mut state = ledger.state();
        // Again, under the lock that a change takes.
        is_it(&ledger).then(|| {
            state.holders += 1;
            Self(ledger)
        })
    }

    /// Puts this thread into the scope until what is returned is dropped.
    pub(crate) fn enter(&self) -> Entered {
        let ledger = self.0;
        let idle = ledger.state().idle.pop();
        let page = idle.unwrap_or_else(|| ledger.pages.push(Page::new(pool::next_colour())));
        let outer = CURRENT.replace(Some(ledger));
        Entered {
            holder: self.clone(),
            page,
            outer,
            outer_page: pool::enter(page, outer.is_some()),
        }
    }

    /// Sets every number to zero. Calls that began before and did not end yet are not recorded any more.
    pub(crate) fn reset(&self) {
        let _state = self.0.state();
        self.0.number.store(next_number(), Relaxed);
        self.0.clear();
    }

    /// Lets time pass; `false` where it is not set by hand.
    pub(crate) fn advance(&self, by: Duration) -> bool {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        // The closure always returns `Some`.
        let _ = self
            .0
            .nanoseconds
            .fetch_update(Relaxed, Relaxed, |now| Some(now.saturating_add(by)));
        self.0.by_hand.load(Relaxed)
    }
}

impl Clone for Holder {
    fn clone(&self) -> Self {
        self.0.state().holders += 1;
        Self(self.0)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let ledger = self.0;
        let mut state = ledger.state();
        state.holders -= 1;
        if state.holders > 0 {
            return;
        }
        // Nobody is inside. The number first, so that no call that began here finds the way back.
        ledger.number.store(0, Relaxed);
        ledger.clear();
        drop(state);
        IDLE.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(ledger);
    }
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Holder")
            .field(&self.0.number.load(Relaxed))
            .finish()
    }
}

/// While it lives, its thread is in a scope. Never kept across an `.await`.
pub(crate) struct Entered {
    holder: Holder,
    page: &'static Page,
    outer: Option<&'static Ledger>,
    outer_page: Option<&'static Page>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.outer);
        pool::leave(self.outer_page, self.outer.is_some());
        // The pointers went first, as with a page of the process: nobody else may get the page while this
        // thread could still write it. The lock orders our last add before the next owner's first.
        self.holder.0.state().idle.push(self.page);
    }
}

/// Runs something outside of any scope.
pub(crate) fn outside<R>(f: impl FnOnce() -> R) -> R {
    struct Back(&'static Ledger, Option<&'static Page>);
    impl Drop for Back {
        fn drop(&mut self) {
            pool::inside_again(self.1);
            CURRENT.set(Some(self.0));
        }
    }
    if current().is_none() {
        return f();
    }
    let _back = CURRENT.take().map(|ledger| Back(ledger, pool::outside()));
    f()
}

/// Where a call began. It ends there too, wherever it is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Began(Option<NonZeroU64>);

impl Began {
    #[inline]
    pub(crate) fn here() -> Self {
        Self(current().and_then(|ledger| NonZeroU64::new(ledger.number.load(Relaxed))))
    }

    /// Runs something where the call began; `None`, and nothing is run, when that scope is gone or was reset.
    #[inline]
    pub(crate) fn within<R>(self, f: impl FnOnce() -> R) -> Option<R> {
        if self == Self::here() {
            Some(f())
        } else {
            self.elsewhere(f)
        }
    }

    #[cold]
    fn elsewhere<R>(self, f: impl FnOnce() -> R) -> Option<R> {
        let Some(number) = self.0 else {
            return Some(outside(f));
        };
        let _entered = Holder::numbered(number)?.enter();
        Some(f())
    }
}

/// The time of the scope that this thread is in, in nanoseconds, where it is set by hand.
#[inline]
pub(crate) fn nanoseconds_by_hand() -> Option<u64> {
    let ledger = current()?;
    ledger
        .by_hand
        .load(Relaxed)
        .then(|| ledger.nanoseconds.load(Relaxed))
}

/// Numbers that several threads write, which every scope has for itself.
pub(crate) struct Apart<const N: usize>(OnceLock<u32>);

impl<const N: usize> Apart<N> {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Those of the scope that this thread is in.
    #[inline]
    pub(crate) fn here(&self) -> Option<&'static [AtomicU64; N]> {
        current().and_then(|ledger| self.of(ledger))
    }

    #[cold]
    fn of(&self, ledger: &'static Ledger) -> Option<&'static [AtomicU64; N]> {
        let start = self
            .0
            .get_or_init(|| alloc::allocate(Self::width()).unwrap_or(alloc::SCRAP));
        ledger.shared.cells(*start).first_chunk()
    }

    fn width() -> u32 {
        u32::try_from(N).unwrap_or(1)
    }
}

impl<const N: usize> Default for Apart<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> std::fmt::Debug for Apart<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Apart").field(&self.0.get()).finish()
    }
}

impl<const N: usize> Drop for Apart<N> {
    fn drop(&mut self) {
        match self.0.get() {
            None | Some(&alloc::SCRAP) => {}
            Some(start) => alloc::free(*start, Self::width()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::{add, any, free, sum, sum_acquire};

    #[test]
    fn a_freed_cell_is_zero_in_every_scope_and_in_the_process() {
        let scopes = [Holder::new(false), Holder::new(false)];
        let inside = |scope: &Holder, cell| {
            let _entered = scope.enter();
            sum(cell)
        };
        // A width that no other test asks for, so that the free list holds only this block.
        let first = alloc::allocate(41).unwrap();
        add(first, 7);
        for scope in &scopes {
            let _entered = scope.enter();
            (0..41).for_each(|i| add(first + i, 7));
        }
        assert_eq!(inside(&scopes[0], first), 7);
        // Freed in one of them.
        let entered = scopes[0].enter();
        free(first, 41);
        drop(entered);
        let second = alloc::allocate(41).unwrap();
        assert_eq!(first, second);
        assert_eq!(sum(second), 0);
        for scope in &scopes {
            assert!((0..41).all(|i| inside(scope, second + i) == 0));
        }
    }

    #[test]
    fn what_scopes_have_apart_is_freed_with_its_owner() {
        let scope = Holder::new(false);
        let apart = Apart::<43>::new();
        assert!(apart.here().is_none());
        let entered = scope.enter();
        let [first, ..] = apart.here().unwrap();
        first.store(7, Relaxed);
        let start = apart.0.get().copied();
        drop((apart, entered));
        let next = Apart::<43>::new();
        let entered = scope.enter();
        assert_eq!(next.here().unwrap()[0].load(Relaxed), 0);
        assert_eq!(next.0.get().copied(), start);
        drop((next, entered));
    }

    #[test]
    fn ledgers_and_pages_are_used_again() {
        let cell = alloc::allocate(1).unwrap();
        let ledgers = || LEDGERS.iter().count();
        let pages = || all_pages().count();
        let round = || {
            let outer = Holder::new(false);
            let _entered = outer.enter();
            let inner = Holder::new(true);
            for _ in 0..10 {
                let _entered = inner.enter();
                assert!(!any(cell, 1) || sum(cell) > 0);
                add(cell, 1);
            }
            let _entered = inner.enter();
            assert_eq!(sum_acquire(cell), 10);
        };
        round();
        let before = (ledgers(), pages());
        (0..200).for_each(|_| round());
        // A few more, because other tests have scopes at the same time.
        let now = (ledgers(), pages());
        assert!(
            now.0 < before.0 + 20 && now.1 < before.1 + 60,
            "{before:?} {now:?}"
        );
    }

    #[test]
    fn outside_of_scopes_a_thread_writes_its_page_of_the_process() {
        let cell = alloc::allocate(1).unwrap();
        let scope = Holder::new(false);
        // On threads of their own: one that leases its page in the scope, and one that has it before.
        for first in [false, true] {
            let scope = scope.clone();
            let adds = move || {
                if first {
                    add(cell, 1);
                }
                let entered = scope.enter();
                add(cell, 100);
                let own = outside(|| {
                    add(cell, 1);
                    let own = pool::own_page().map(std::ptr::from_ref);
                    let _again = scope.enter();
                    add(cell, 100);
                    outside(|| add(cell, 1));
                    own
                });
                add(cell, 100);
                drop(entered);
                // The same page, not a second lease; there is none while other tests have all of them.
                if own.is_some() {
                    assert_eq!(pool::own_page().map(std::ptr::from_ref), own);
                }
                add(cell, 1);
            };
            std::thread::spawn(adds).join().unwrap();
        }
        assert_eq!(sum(cell), 7);
        let _entered = scope.enter();
        assert_eq!(sum(cell), 600);
    }

    #[test]
    fn a_call_finds_its_scope_and_no_other() {
        let scope = Holder::new(false);
        let began = {
            let _entered = scope.enter();
            Began::here()
        };
        let number = |scope: &Holder| NonZeroU64::new(scope.0.number.load(Relaxed));
        assert_eq!(began.within(Began::here), Some(began));
        assert_eq!(began.0, number(&scope));
        scope.reset();
        assert_eq!(began.within(Began::here), None);
        let again = Began(number(&scope));
        drop(scope);
        assert_eq!(again.within(Began::here), None);
        assert_eq!(Began(None).within(Began::here), Some(Began(None)));
    }
}
