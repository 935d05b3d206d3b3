//! Each thread remembers the dynamic series it used last, so that recording meets no lock and no shared
//! cache line.

use super::series::Pin;
use super::values::Values;
use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

/// Sets of two; a set is chosen by the hash.
const SETS: usize = 256;

static SEED: LazyLock<foldhash::fast::RandomState> = LazyLock::new(Default::default);

/// Rises whenever a metric or series is removed: what threads remember is then looked up again.
static GENERATION: AtomicU64 = AtomicU64::new(0);

#[cfg(feature = "prometheus")]
/// Makes every thread forget what it remembers, the next time it records.
pub(crate) fn forget_all() {
    // Relaxed: a thread that misses it for a moment records into a series that its pin keeps alive.
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// Hashes label values, seeded, so that a client cannot choose values that collide.
#[inline]
pub(crate) fn hash(salt: u64, texts: &[&str]) -> u64 {
    let mut hasher = SEED.build_hasher();
    hasher.write_u64(salt);
    for text in texts {
        hasher.write(text.as_bytes());
        // As `str` does: no byte of UTF-8 is 0xff, so values cannot run into each other.
        hasher.write_u8(0xff);
    }
    hasher.finish()
}

/// What a thread remembers: a small table of sets of two, addressed by hash.
pub(crate) struct Recent<E> {
    generation: u64,
    sets: Vec<[Option<E>; 2]>,
}

/// What can be remembered.
pub(crate) trait Remembered {
    /// Whether this is what `owner` calls by these texts.
    fn is(&self, owner: u64, hash: u64, texts: &[&str]) -> bool;
}

impl<E: Remembered> Recent<E> {
    pub(crate) const fn new() -> Self {
        Self {
            generation: 0,
            sets: Vec::new(),
        }
    }

    /// The entry, unless something was removed since.
    #[inline]
    pub(crate) fn find(&self, owner: u64, hash: u64, texts: &[&str]) -> Option<&E> {
        // Relaxed: see `forget_all`.
        if self.generation != GENERATION.load(Ordering::Relaxed) {
            return None;
        }
        let set = self.sets.get(set_of(hash))?;
        set.iter()
            .flatten()
            .find(|entry| entry.is(owner, hash, texts))
    }

    /// Remembers an entry; the older of the two in its set makes room. What is forgotten is returned, to be
    /// dropped when this table is no longer borrowed: the last pin of a removed series frees its cells.
    #[must_use]
    pub(crate) fn remember(&mut self, hash: u64, entry: E) -> Vec<[Option<E>; 2]> {
        let mut forgotten = Vec::new();
        let generation = GENERATION.load(Ordering::Relaxed);
        if self.generation != generation {
            self.generation = generation;
            forgotten = std::mem::take(&mut self.sets);
        }
        if self.sets.is_empty() {
            self.sets.resize_with(SETS, || [None, None]);
        }
        if let Some([first, second]) = self.sets.get_mut(set_of(hash)) {
            let newer = first.replace(entry);
            forgotten.push([std::mem::replace(second, newer), None]);
        }
        forgotten
    }
}

#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "a part of the hash will do"
)]
const fn set_of(hash: u64) -> usize {
    hash as usize % SETS
}

struct Entry {
    family: u64,
    hash: u64,
    pin: Pin,
}

impl Remembered for Entry {
    #[inline]
    fn is(&self, owner: u64, hash: u64, texts: &[&str]) -> bool {
        self.hash == hash && self.family == owner && self.pin.values.matches(texts)
    }
}

/// Label values kept across calls, by their hash.
type Interned = Option<(u64, Arc<Values>)>;

thread_local! {
    static SERIES: RefCell<Recent<Entry>> = const { RefCell::new(Recent::new()) };
    static LABELS: RefCell<Vec<Interned>> = const { RefCell::new(Vec::new()) };
}

/// The thread's entry for these labels, if it has one.
#[inline]
pub(super) fn find(family: u64, hash: u64, texts: &[&str]) -> Option<Pin> {
    let found = SERIES.try_with(|series| {
        let series = series.try_borrow().ok()?;
        let entry = series.find(family, hash, texts)?;
        Some(Arc::clone(&entry.pin))
    });
    found.ok().flatten()
}

/// Remembers a series.
pub(super) fn remember(family: u64, hash: u64, pin: &Pin) {
    let entry = Entry {
        family,
        hash,
        pin: Arc::clone(pin),
    };
    let forgotten =
        SERIES.try_with(|series| Some(series.try_borrow_mut().ok()?.remember(hash, entry)));
    drop(forgotten);
}

/// Label values kept across a call: shared with earlier calls of this thread where they are the same.
pub(crate) fn intern(texts: &[&str]) -> Arc<Values> {
    let hash = hash(0, texts);
    let known = LABELS.try_with(|labels| {
        let labels = labels.try_borrow().ok()?;
        match labels.get(set_of(hash)) {
            Some(Some((theirs, values))) if *theirs == hash && values.matches(texts) => {
                Some(Arc::clone(values))
            }
            _ => None,
        }
    });
    if let Ok(Some(values)) = known {
        return values;
    }
    let values = Arc::new(Values::new(texts));
    let _ = LABELS.try_with(|labels| {
        if let Ok(mut labels) = labels.try_borrow_mut() {
            if labels.is_empty() {
                labels.resize(SETS, None);
            }
            if let Some(slot) = labels.get_mut(set_of(hash)) {
                *slot = Some((hash, Arc::clone(&values)));
            }
        }
    });
    values
}
