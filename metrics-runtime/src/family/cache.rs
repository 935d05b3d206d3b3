//! Each thread remembers the dynamic series it used last, so that recording meets no lock and no shared
//! cache line.

use super::key::Key;
use super::series::{Cells, Member, Pin, Series};
use super::values::Values;
use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Weak};

/// Sets of two in a table that begins, and in the largest; a set is chosen by the hash. Both are powers
/// of two.
const FIRST_SETS: usize = 64;
const MOST_SETS: usize = 4096;

static SEED: LazyLock<foldhash::fast::RandomState> = LazyLock::new(Default::default);

/// Rises whenever a metric or series is removed: what threads remember is then looked up again.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// Makes every thread forget what it remembers, the next time it records.
pub(crate) fn forget_all() {
    // Relaxed: a thread that misses it for a moment records into a series that its memory keeps alive.
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// Hashes label values, seeded, so that a client cannot choose values that collide.
#[inline]
pub(crate) fn hash(salt: u64, texts: &[&str]) -> u64 {
    let mut hashing = Hashing::new();
    for text in texts {
        hashing.text(text);
    }
    hashing.finish(salt)
}

/// The hash of several texts, one by one.
pub(crate) struct Hashing(<foldhash::fast::RandomState as BuildHasher>::Hasher);

impl Hashing {
    #[inline]
    pub(crate) fn new() -> Self {
        Self(SEED.build_hasher())
    }

    #[inline]
    pub(crate) fn text(&mut self, text: &str) {
        // Each piece is mixed in by itself, with its length: what is cut elsewhere hashes differently.
        self.0.write(text.as_bytes());
    }

    #[inline]
    pub(crate) fn finish(self, salt: u64) -> u64 {
        // Any odd number would do: the same values in different families belong into different sets.
        self.0.finish() ^ salt.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
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

impl<E> Recent<E> {
    pub(crate) const fn new() -> Self {
        Self {
            generation: 0,
            sets: Vec::new(),
            displaced: 0,
        }
    }

    /// The entry, unless something was removed since.
    #[inline]
    pub(crate) fn find(&self, hash: u64, is: impl Fn(&E) -> bool) -> Option<&E> {
        // Relaxed: see `forget_all`.
        if self.generation != GENERATION.load(Ordering::Relaxed) {
            return None;
        }
        let set = self.sets.get(self.set_of(hash))?;
        set.iter().flatten().find(|entry| is(entry))
    }

    /// Remembers an entry, unless something was removed since it was looked up; the older of the two in its
    /// set makes room. What is forgotten is returned, to be dropped when this table is no longer borrowed:
    /// the last reference to a removed series frees its cells.
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

/// What a thread remembers of a series.
pub(crate) enum Known {
    /// Of a counter or histogram: the cells are not used again while it is remembered.
    Cells(Arc<Series>),
    /// Of a gauge: nothing is kept alive, so that all references to it are handles.
    Gauge(Weak<Arc<Series>>),
}

impl Known {
    pub(crate) fn new(member: &Member) -> Self {
        match &member.pin {
            Some(pin) => Self::Gauge(Arc::downgrade(pin)),
            None => Self::Cells(Arc::clone(&member.series)),
        }
    }

    /// A counter or histogram.
    #[inline]
    pub(crate) fn series(&self) -> Option<&Series> {
        match self {
            Self::Cells(series) => Some(series),
            Self::Gauge(_) => None,
        }
    }

    /// A gauge, unless it is gone.
    pub(crate) fn gauge(&self) -> Option<Pin> {
        match self {
            Self::Cells(_) => None,
            Self::Gauge(series) => series.upgrade(),
        }
    }
}

/// What is needed to record is in the entry itself: each cache line counts.
struct Entry {
    family: u64,
    hash: u64,
    key: Key,
    cells: Cells,
    /// Keeps the cells.
    series: Known,
}

impl Entry {
    #[inline]
    fn is(&self, family: u64, hash: u64, texts: &[&str]) -> bool {
        self.hash == hash && self.family == family && self.key.is(texts)
    }
}

/// Label values kept across calls.
struct Interned {
    hash: u64,
    key: Key,
    values: Arc<Values>,
}

thread_local! {
    static SERIES: RefCell<Recent<Entry>> = const { RefCell::new(Recent::new()) };
    static LABELS: RefCell<Recent<Interned>> = const { RefCell::new(Recent::new()) };
}

/// What `f` says of the cells of these labels, if the thread remembers them; they are the scrap of a gauge.
///
/// The cells stay those of this series while `f` runs. So does the table's borrow: `f` is ours, records and counts,
/// and drops nothing.
#[inline]
pub(super) fn with_cells<R>(
    family: u64,
    hash: u64,
    texts: &[&str],
    f: impl FnOnce(Cells) -> R,
) -> Option<R> {
    let found = SERIES.try_with(|series| {
        let series = series.try_borrow().ok()?;
        let entry = series.find(hash, |entry| entry.is(family, hash, texts))?;
        Some(f(entry.cells))
    });
    found.ok().flatten()
}

/// The gauge of these labels, if the thread remembers it.
pub(super) fn gauge(family: u64, hash: u64, texts: &[&str]) -> Option<Pin> {
    let found = SERIES.try_with(|series| {
        let series = series.try_borrow().ok()?;
        let entry = series.find(hash, |entry| entry.is(family, hash, texts))?;
        entry.series.gauge()
    });
    found.ok().flatten()
}

/// Remembers a series.
pub(super) fn remember(seen: Seen, family: u64, hash: u64, texts: &[&str], member: &Member) {
    let entry = Entry {
        family,
        hash,
        key: Key::new(texts.iter().copied()),
        cells: member.series.cells(),
        series: Known::new(member),
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
        let kept = labels.find(hash, |kept| kept.hash == hash && kept.key.is(texts))?;
        Some(Arc::clone(&kept.values))
    });
    if let Ok(Some(values)) = known {
        return values;
    }
    let values = Arc::new(Values::new(texts));
    let entry = Interned {
        hash,
        key: Key::new(texts.iter().copied()),
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

    fn spread(i: u64) -> u64 {
        hash(1, &[&i.to_string()])
    }

    #[test]
    fn a_table_grows_to_what_is_used_and_no_further() {
        let mut recent = Recent::new();
        let mut round = || {
            let missed = |i: &u64| {
                let hash = spread(*i);
                let missed = recent
                    .find(hash, |number: &Number| number.0 == hash)
                    .is_none();
                if missed {
                    drop(recent.remember(now(), hash, Number(hash)));
                }
                missed
            };
            (0..1000).filter(missed).count()
        };
        // The best of many rounds: other tests remove things meanwhile, and all is forgotten then.
        let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
        let mut missed = round();
        while missed >= 100 && std::time::Instant::now() < until {
            missed = missed.min(round());
        }
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
        assert!(recent.find(7, |number: &Number| number.0 == 7).is_none());
    }
}
