//! Who writes which page.
//!
//! There are at most `max(8, 2 x cores)` pages that one thread owns at a time. Beyond that a thread
//! writes one of a few shared pages (one per core) with atomic adds, and asks for a page of its own again
//! now and then. Pages are never freed: their number is bounded and they hold the counts.

use super::page::Page;
#[cfg(all(test, instrumetrics_model))]
use crate::sync::CellKey as _;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Mutex, lazy, locals};
use std::cell::Cell;
use std::sync::{OnceLock, PoisonError};

/// Adds on a shared page between two attempts to lease a page.
const RETRY_AFTER: u32 = 1024;

struct Pool {
    /// All pages, own ones first; a slot is filled when its page is first needed.
    pages: Box<[OnceLock<Page>]>,
    own: usize,
    free: Mutex<Free>,
    next_shared: AtomicUsize,
}

/// Own pages nobody leases: given back, or never used yet.
struct Free {
    returned: Vec<usize>,
    untouched: usize,
}

lazy! {
    static POOL: Pool = new_pool();
}

fn new_pool() -> Pool {
    let (own, shared) = sizes();
    Pool {
        pages: (0..own + shared).map(|_| OnceLock::new()).collect(),
        own,
        free: Mutex::new(Free {
            returned: Vec::new(),
            untouched: 0,
        }),
        next_shared: AtomicUsize::new(0),
    }
}

/// How many pages one thread owns at a time, and how many are shared.
#[cfg(not(all(test, instrumetrics_model)))]
fn sizes() -> (usize, usize) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    ((2 * cores).max(8), cores)
}

/// Few enough that threads meet.
#[cfg(all(test, instrumetrics_model))]
const fn sizes() -> (usize, usize) {
    (2, 1)
}

fn pool() -> &'static Pool {
    &POOL
}

impl Pool {
    fn page(&'static self, slot: usize) -> &'static Page {
        self.pages[slot].get_or_init(|| Page::new(slot))
    }

    fn take(&'static self) -> Option<usize> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.returned.pop().or_else(|| {
            (free.untouched < self.own).then(|| {
                free.untouched += 1;
                free.untouched - 1
            })
        })
    }

    fn give_back(&'static self, slot: usize) {
        self.free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .returned
            .push(slot);
    }

    fn share(&'static self) -> usize {
        // Relaxed: any fair spread will do.
        let n = self.next_shared.fetch_add(1, Ordering::Relaxed);
        self.own + n % (self.pages.len() - self.own)
    }
}

/// The pages whose sums are read: those of the scope that this thread is in, if it is in one.
#[cfg(feature = "testing")]
pub(super) fn pages() -> impl Iterator<Item = &'static Page> {
    let scope = super::scope::current();
    let process = scope.is_none().then(process_pages);
    let scope = scope.into_iter().flat_map(super::scope::Ledger::pages);
    scope.chain(process.into_iter().flatten())
}

#[cfg(not(feature = "testing"))]
pub(super) use process_pages as pages;

/// All pages that exist.
#[cfg(feature = "testing")]
pub(super) fn every_page() -> impl Iterator<Item = &'static Page> {
    process_pages().chain(super::scope::all_pages())
}

#[cfg(not(feature = "testing"))]
pub(super) use process_pages as every_page;

/// The pages of the process.
pub(super) fn process_pages() -> impl Iterator<Item = &'static Page> {
    pool().pages.iter().filter_map(OnceLock::get)
}

/// Makes every page, with the chunk of this cell: loom does not see them come, and would not look at what may happen before.
#[cfg(all(test, instrumetrics_model))]
pub(super) fn make_all(cell: u32) {
    for slot in 0..pool().pages.len() {
        pool().page(slot).cell(cell);
    }
}

locals! {
    /// The page this thread alone writes. Const and without a destructor, so that reading it is one
    /// instruction and is possible while the thread's other locals are being destroyed.
    static OWN: Cell<Option<&'static Page>> = const { Cell::new(None) };
    /// The shared page of a thread without one, and its adds until it asks again.
    static SHARED: Cell<Option<(usize, u32)>> = const { Cell::new(None) };
    /// What `OWN` is outside of all scopes, while the thread is in one.
    #[cfg(feature = "testing")]
    static OUTSIDE: Cell<Option<&'static Page>> = const { Cell::new(None) };
    /// Gives the page back when the thread ends.
    static LEASE: Lease = const { Lease(Cell::new(None)) };
}

struct Lease(Cell<Option<(&'static Pool, usize)>>);

impl Drop for Lease {
    fn drop(&mut self) {
        // The pointer goes first, then the page: in the other order this thread could still add to a
        // page that the next one already owns. The pool's mutex orders our last add before its first.
        OWN.set(None);
        #[cfg(feature = "testing")]
        OUTSIDE.set(None);
        if let Some((pool, slot)) = self.0.take() {
            pool.give_back(slot);
        }
    }
}

/// The page that this thread owns, if it has one yet.
#[inline]
pub(super) fn own_page() -> Option<&'static Page> {
    OWN.get()
}

/// Gives this thread a page of its own or, where there is none, a page to add to atomically.
pub(super) fn lease() -> Result<(), &'static Page> {
    let pool = pool();
    if let Some((slot, left)) = SHARED.get()
        && left > 0
    {
        SHARED.set(Some((slot, left - 1)));
        return Err(pool.page(slot));
    }
    // Fails once this thread's destructors ran: nobody would give the page back then.
    let leased = LEASE.try_with(|lease| {
        let slot = pool.take()?;
        lease.0.set(Some((pool, slot)));
        Some(slot)
    });
    if let Ok(Some(slot)) = leased {
        OWN.set(Some(pool.page(slot)));
        SHARED.set(None);
        return Ok(());
    }
    let slot = SHARED.get().map_or_else(|| pool.share(), |(slot, _)| slot);
    SHARED.set(Some((slot, RETRY_AFTER)));
    Err(pool.page(slot))
}

/// Lets this thread write a page of a scope; returns the one it wrote before, which [`leave`] wants back.
#[cfg(feature = "testing")]
pub(super) fn enter(page: &'static Page, from_scope: bool) -> Option<&'static Page> {
    let before = OWN.replace(Some(page));
    if !from_scope {
        OUTSIDE.set(before);
    }
    before
}

/// Lets this thread write what it wrote before it entered a scope.
#[cfg(feature = "testing")]
pub(super) fn leave(before: Option<&'static Page>, to_scope: bool) {
    // Outside of all scopes the page may have changed meanwhile: it was leased, or given back.
    OWN.set(if to_scope { before } else { OUTSIDE.take() });
}

/// Lets this thread, which is in a scope, write its page of the process; returns the scope's, which
/// [`inside_again`] wants back.
#[cfg(feature = "testing")]
pub(super) fn outside() -> Option<&'static Page> {
    OWN.replace(OUTSIDE.take())
}

/// Lets this thread write the page of its scope again.
#[cfg(feature = "testing")]
pub(super) fn inside_again(page: Option<&'static Page>) {
    OUTSIDE.set(OWN.replace(page));
}

/// Where the chunks of a scope's next page begin.
#[cfg(feature = "testing")]
pub(super) fn next_colour() -> usize {
    static COLOURS: AtomicUsize = AtomicUsize::new(0);
    // Relaxed: any fair spread will do.
    COLOURS.fetch_add(1, Ordering::Relaxed)
}
