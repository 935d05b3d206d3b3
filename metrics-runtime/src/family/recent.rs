//! What a thread remembers of what it used last: a table that is addressed by hash, without locks.

use super::tag::Tag;
use std::sync::atomic::{AtomicU64, Ordering};

/// Entries that a hash can be found among.
const WAYS: usize = 4;
/// Sets of so many in a table that begins, and in the largest. Both are powers of two.
const FIRST_SETS: usize = 32;
const MOST_SETS: usize = 2048;
/// Once the largest table is full, one in so many is remembered: where more is used in turn than has room, to
/// displace each other costs more than to be looked up.
const TURNS: u32 = 16;

/// Rises whenever a metric or series is removed: what threads remember is then looked up again.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// Makes every thread forget what it remembers, the next time it records.
pub(crate) fn forget_all() {
    // Relaxed: a thread that misses it for a moment records into a series that its memory keeps alive.
    GENERATION.fetch_add(1, Ordering::Relaxed);
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

/// A table of sets, in which things are found by their [tags](super::tag). It grows while entries displace each other, so
/// that a thread pays for as much as it uses.
///
/// Of an entry, `H` is what is needed each time and lies beside its tag; `K` is what it keeps, apart from that.
pub(crate) struct Recent<H, K> {
    generation: u64,
    sets: Vec<Set<H>>,
    kept: Vec<Kept<K>>,
    /// Entries that others displaced since it grew.
    displaced: usize,
    turn: u32,
}

/// Its tags are one cache line, and where `H` is no more than two words the rest is the next.
#[derive(Clone)]
#[repr(align(64))]
struct Set<H> {
    tags: [Tag; WAYS],
    hot: [H; WAYS],
}

type Kept<K> = [Option<K>; WAYS];

/// What was forgotten, to be dropped when the table is no longer borrowed: the last reference to a removed series frees
/// its cells.
#[must_use]
pub(crate) struct Forgotten<K> {
    _all: Vec<Kept<K>>,
    _one: Option<K>,
}

impl<H: Copy + Default, K> Recent<H, K> {
    pub(crate) const fn new() -> Self {
        Self {
            generation: 0,
            sets: Vec::new(),
            kept: Vec::new(),
            displaced: 0,
            turn: 0,
        }
    }

    /// What is remembered by this tag, unless something was removed since.
    #[inline]
    pub(crate) fn find(&self, tag: Tag) -> Option<H> {
        // Relaxed: see `forget_all`.
        if self.generation != GENERATION.load(Ordering::Relaxed) {
            return None;
        }
        let Set { tags, hot } = self.sets.get(self.set(tag))?;
        hot.get(way_of(tags, tag)).copied()
    }

    /// What is kept by this tag, unless something was removed since.
    #[inline]
    pub(crate) fn kept(&self, tag: Tag) -> Option<&K> {
        // Relaxed: see `forget_all`.
        if self.generation != GENERATION.load(Ordering::Relaxed) {
            return None;
        }
        let set = self.set(tag);
        let Set { tags, .. } = self.sets.get(set)?;
        self.kept.get(set)?.get(way_of(tags, tag))?.as_ref()
    }

    /// Whether what is looked up now is to be remembered.
    pub(crate) fn is_turn(&mut self) -> bool {
        self.turn = self.turn.wrapping_add(1);
        let is_full = self.sets.len() == MOST_SETS && self.displaced > MOST_SETS / 4;
        !is_full || self.turn.is_multiple_of(TURNS)
    }

    /// Remembers something by its tag, unless something was removed since it was looked up.
    pub(crate) fn remember(&mut self, seen: Seen, tag: Tag, hot: H, keep: K) -> Forgotten<K> {
        let mut all = Vec::new();
        let Seen(generation) = now();
        if self.generation != generation {
            self.generation = generation;
            all = self.begin(FIRST_SETS);
        }
        if seen.0 != generation {
            return Forgotten {
                _all: all,
                _one: Some(keep),
            };
        }
        let sets = self.sets.len();
        if sets == 0 {
            all = self.begin(FIRST_SETS);
        } else if self.displaced > sets / 8 && sets < MOST_SETS {
            // What it forgets now is looked up once more, which is cheaper than to move it.
            all = self.begin(sets * 4);
        }
        let set = self.set(tag);
        let mut one = None;
        if let (Some(set), Some(kept)) = (self.sets.get_mut(set), self.kept.get_mut(set)) {
            let known = set.tags.iter().position(|own| *own == tag);
            let free = known.or_else(|| kept.iter().position(Option::is_none));
            // Where there is none they take turns.
            let way = free.unwrap_or(self.displaced % WAYS);
            self.displaced += usize::from(free.is_none());
            if let (Some(own_tag), Some(own_hot), Some(own_kept)) = (
                set.tags.get_mut(way),
                set.hot.get_mut(way),
                kept.get_mut(way),
            ) {
                *own_tag = tag;
                *own_hot = hot;
                one = own_kept.replace(keep);
            }
        }
        Forgotten {
            _all: all,
            _one: one,
        }
    }

    /// Begins again with so many sets; returns what the old ones kept.
    fn begin(&mut self, sets: usize) -> Vec<Kept<K>> {
        let empty = Set {
            tags: [Tag::NOTHING; WAYS],
            hot: [H::default(); WAYS],
        };
        self.displaced = 0;
        self.sets.clear();
        self.sets.resize(sets, empty);
        let before = std::mem::take(&mut self.kept);
        self.kept
            .resize_with(sets, || std::array::from_fn(|_| None));
        before
    }

    /// Out of range while there are no sets.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a part of the hash will do"
    )]
    const fn set(&self, tag: Tag) -> usize {
        tag.hash() as usize & self.sets.len().wrapping_sub(1)
    }
}

/// The place of a tag; out of range where it is not there. All are compared: a branch for each would be predicted wrong
/// as often as not.
#[inline]
fn way_of(tags: &[Tag; WAYS], tag: Tag) -> usize {
    let mut way = WAYS;
    for (place, own) in tags.iter().enumerate() {
        way = if *own == tag { place } else { way };
    }
    way
}

#[cfg(test)]
mod tests {
    use super::super::tag::tag;
    use super::*;

    fn of(i: u64) -> Tag {
        tag(i, &[]).unwrap()
    }

    /// Other tests remove things meanwhile, and all is forgotten then: until it was not so.
    fn undisturbed<R>(test: impl Fn() -> R) -> R {
        loop {
            let before = now().0;
            let result = test();
            if now().0 == before {
                return result;
            }
        }
    }

    fn missed(recent: &mut Recent<u64, u64>, numbers: std::ops::Range<u64>) -> usize {
        let missed = |i: &u64| {
            let found = recent.find(of(*i));
            let missed = found.is_none();
            if missed && recent.is_turn() {
                drop(recent.remember(now(), of(*i), *i, *i));
            }
            assert!(found.is_none_or(|found| found == *i));
            assert!(recent.kept(of(*i)).is_none_or(|kept| kept == i));
            missed
        };
        numbers.filter(missed).count()
    }

    #[test]
    fn a_table_grows_to_what_is_used_and_no_further() {
        let (missed, sets) = undisturbed(|| {
            let mut recent = Recent::new();
            let best = (0..20).map(|_| missed(&mut recent, 0..1000)).min();
            missed(&mut recent, 0..100_000);
            (best, recent.sets.len())
        });
        assert!(missed < Some(20), "{missed:?}");
        assert_eq!(sets, MOST_SETS);
    }

    #[test]
    fn what_is_used_often_stays_while_more_is_used_than_has_room() {
        let found = undisturbed(|| {
            let mut recent = Recent::new();
            for _ in 0..5 {
                missed(&mut recent, 0..100_000);
            }
            100_000 - missed(&mut recent, 0..100_000)
        });
        // If each displaced another, next to none would be left when its turn comes again.
        assert!(found > 3000, "{found}");
    }

    #[test]
    fn few_things_have_room_for_sure() {
        undisturbed(|| {
            let mut recent = Recent::new();
            for round in 0..50 {
                let missed = missed(&mut recent, 0..64);
                assert!(missed == 0 || round < 20, "{missed} in round {round}");
            }
        });
    }

    #[test]
    fn what_was_looked_up_before_a_removal_is_not_remembered() {
        let mut recent = Recent::new();
        let seen = now();
        forget_all();
        drop(recent.remember(seen, of(7), 7, 7));
        assert!(recent.find(of(7)).is_none());
    }
}
