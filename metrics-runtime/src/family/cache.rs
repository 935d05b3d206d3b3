//! Each thread remembers the dynamic series it used last, so that recording meets no lock and no shared
//! cache line.

use super::series::Pin;
use super::values::Values;
use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

/// Sets of two in a table that begins, and in the largest; a set is chosen by the hash. Both are powers
/// of two.
const FIRST_SETS: usize = 64;
const MOST_SETS: usize = 4096;

static SEED: LazyLock<foldhash::fast::RandomState> = LazyLock::new(Default::default);

/// Rises whenever a metric or series is removed: what threads remember is then looked up again.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// Makes every thread forget what it remembers, the next time it records.
#[cfg(feature = "prometheus")]
pub(crate) fn forget_all() {
    // Relaxed: a thread that misses it for a moment records into a series that its pin keeps alive.
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// Hashes label values, seeded, so that a client cannot choose values that collide.
#[inline]
pub(crate) fn hash(salt: u64, texts: &[&str]) -> u64 {
    let mut hasher = SEED.build_hasher();
    for text in texts {
        // Each piece is mixed in by itself, with its length: what is cut elsewhere hashes differently.
        hasher.write(text.as_bytes());
    }
    // Any odd number would do: the same values in different families belong into different sets.
    hasher.finish() ^ salt.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// When something was looked up.
#[derive(Clone, Copy)]
pub(crate) struct Seen(u64);

/// Taken before a series is looked up that is to be remembered.
pub(crate) fn now() -> Seen {
    // Relaxed: looking up takes a lock afterwards, and a removal raises the generation after it held that
    // lock. So what is found before it is removed is found in the older generation.
    Seen(GENERATION.load(Ordering::Relaxed))
}

/// What a thread remembers: a table of sets of two, addressed by hash. It grows while entries displace each
/// other, so that a thread pays for as many series as it uses.
pub(crate) struct Recent<E> {
    generation: u64,
    sets: Vec<[Option<E>; 2]>,
    /// Entries that others displaced since it grew.
    displaced: usize,
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
            displaced: 0,
        }
    }

    /// The entry, unless something was removed since.
    #[inline]
    pub(crate) fn find(&self, owner: u64, hash: u64, texts: &[&str]) -> Option<&E> {
        // Relaxed: see `forget_all`.
        if self.generation != GENERATION.load(Ordering::Relaxed) {
            return None;
        }
        let set = self.sets.get(self.set_of(hash))?;
        set.iter()
            .flatten()
            .find(|entry| entry.is(owner, hash, texts))
    }

    /// Remembers an entry, unless something was removed since it was looked up; the older of the two in its
    /// set makes room. What is forgotten is returned, to be dropped when this table is no longer borrowed:
    /// the last pin of a removed series frees its cells.
    #[must_use]
    pub(crate) fn remember(&mut self, seen: Seen, hash: u64, entry: E) -> Vec<[Option<E>; 2]> {
        let mut forgotten = Vec::new();
        let Seen(generation) = now();
        if self.generation != generation {
            self.generation = generation;
            forgotten = std::mem::take(&mut self.sets);
        }
        if seen.0 != generation {
            forgotten.push([Some(entry), None]);
            return forgotten;
        }
        let sets = self.sets.len();
        if sets == 0 {
            self.sets.resize_with(FIRST_SETS, || [None, None]);
        } else if self.displaced > sets / 8 && sets < MOST_SETS {
            // What it forgets now is looked up once more, which is cheaper than to move it.
            forgotten = std::mem::take(&mut self.sets);
            self.sets.resize_with(sets * 4, || [None, None]);
            self.displaced = 0;
        }
        let set = self.set_of(hash);
        if let Some([first, second]) = self.sets.get_mut(set) {
            let newer = first.replace(entry);
            let oldest = std::mem::replace(second, newer);
            self.displaced += usize::from(oldest.is_some());
            forgotten.push([oldest, None]);
        }
        forgotten
    }

    /// Out of range while there are no sets.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a part of the hash will do"
    )]
    fn set_of(&self, hash: u64) -> usize {
        hash as usize & self.sets.len().wrapping_sub(1)
    }
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

/// Label values kept across calls.
struct Interned {
    hash: u64,
    values: Arc<Values>,
}

impl Remembered for Interned {
    #[inline]
    fn is(&self, _: u64, hash: u64, texts: &[&str]) -> bool {
        self.hash == hash && self.values.matches(texts)
    }
}

thread_local! {
    static SERIES: RefCell<Recent<Entry>> = const { RefCell::new(Recent::new()) };
    static LABELS: RefCell<Recent<Interned>> = const { RefCell::new(Recent::new()) };
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
pub(super) fn remember(seen: Seen, family: u64, hash: u64, pin: &Pin) {
    let entry = Entry {
        family,
        hash,
        pin: Arc::clone(pin),
    };
    let forgotten =
        SERIES.try_with(|series| Some(series.try_borrow_mut().ok()?.remember(seen, hash, entry)));
    drop(forgotten);
}

/// Label values kept across a call: shared with earlier calls of this thread where they are the same.
pub(crate) fn intern(texts: &[&str]) -> Arc<Values> {
    let hash = hash(0, texts);
    let known = LABELS.try_with(|labels| {
        let labels = labels.try_borrow().ok()?;
        Some(Arc::clone(&labels.find(0, hash, texts)?.values))
    });
    if let Ok(Some(values)) = known {
        return values;
    }
    let values = Arc::new(Values::new(texts));
    let entry = Interned {
        hash,
        values: Arc::clone(&values),
    };
    let forgotten =
        LABELS.try_with(|labels| Some(labels.try_borrow_mut().ok()?.remember(now(), hash, entry)));
    drop(forgotten);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Number(u64);

    impl Remembered for Number {
        fn is(&self, _: u64, hash: u64, _: &[&str]) -> bool {
            self.0 == hash
        }
    }

    fn spread(i: u64) -> u64 {
        hash(1, &[&i.to_string()])
    }

    #[test]
    fn a_table_grows_to_what_is_used_and_no_further() {
        let mut recent = Recent::new();
        let mut round = || {
            let missed = |i: &u64| {
                let hash = spread(*i);
                let missed = recent.find(0, hash, &[]).is_none();
                if missed {
                    drop(recent.remember(now(), hash, Number(hash)));
                }
                missed
            };
            (0..1000).filter(missed).count()
        };
        // The best of some rounds: another test may remove something meanwhile.
        let missed = (0..20).map(|_| round()).min().unwrap();
        assert!(missed < 100, "{missed}");
        for i in 0..100_000 {
            let hash = spread(i);
            drop(recent.remember(now(), hash, Number(hash)));
        }
        assert!(recent.sets.len() <= MOST_SETS);
    }

    #[test]
    fn what_was_looked_up_before_a_removal_is_not_remembered() {
        let mut recent = Recent::new();
        let seen = now();
        GENERATION.fetch_add(1, Ordering::Relaxed);
        let forgotten = recent.remember(seen, 7, Number(7));
        assert_eq!(forgotten.iter().flatten().flatten().count(), 1);
        assert!(recent.find(0, 7, &[]).is_none());
    }
}
