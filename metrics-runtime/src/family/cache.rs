//! Each thread remembers the dynamic series it used last, so that recording meets no lock and no shared
//! cache line.

use super::series::Pin;
use super::values::Values;
use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, LazyLock};

/// Sets of two; a set is chosen by the hash.
const SETS: usize = 256;

static SEED: LazyLock<foldhash::fast::RandomState> = LazyLock::new(Default::default);

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

#[derive(Clone)]
struct Entry {
    family: u64,
    hash: u64,
    pin: Pin,
}

/// Label values kept across calls, by their hash.
type Interned = Option<(u64, Arc<Values>)>;

thread_local! {
    static SERIES: RefCell<Vec<[Option<Entry>; 2]>> = const { RefCell::new(Vec::new()) };
    static LABELS: RefCell<Vec<Interned>> = const { RefCell::new(Vec::new()) };
}

#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "a part of the hash will do"
)]
const fn set_of(hash: u64) -> usize {
    hash as usize % SETS
}

/// The thread's entry for these labels, if it has one.
#[inline]
pub(super) fn find(family: u64, hash: u64, texts: &[&str]) -> Option<Pin> {
    let found = SERIES.try_with(|series| {
        let series = series.try_borrow().ok()?;
        let set = series.get(set_of(hash))?;
        let entry = set.iter().flatten().find(|entry| {
            entry.hash == hash && entry.family == family && entry.pin.values.matches(texts)
        })?;
        Some(Arc::clone(&entry.pin))
    });
    found.ok().flatten()
}

/// Remembers a series; the older of the two in its set makes room.
pub(super) fn remember(family: u64, hash: u64, pin: &Pin) {
    let forgotten = SERIES.try_with(|series| {
        let mut series = series.try_borrow_mut().ok()?;
        if series.is_empty() {
            series.resize(SETS, [const { None }; 2]);
        }
        let [first, second] = series.get_mut(set_of(hash))?;
        let entry = Entry {
            family,
            hash,
            pin: Arc::clone(pin),
        };
        let newer = first.replace(entry);
        std::mem::replace(second, newer)
    });
    // Dropped outside the borrow: the last pin of a removed series frees its cells.
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
