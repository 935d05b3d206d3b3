//! A family: all series of one metric.
//!
//! When all labels are enums the family is *dense*: its series lie in a block that exists from the start,
//! and a series is found by arithmetic. Any other combination of label values is a *dynamic* series, made
//! when it is first used, under a cap; what finds no place is recorded in the overflow series, so that the
//! total stays exact. The map is the authority for dynamic series; recording goes through the cache of
//! each thread.

mod cache;
mod cap;
mod definition;
mod idle;
mod listed;
mod listing;
mod recent;
mod render;
mod series;
mod shape;
mod tag;
mod values;

pub(crate) use cache::{Known, intern};
pub(crate) use cap::{Cap, totals};
pub(crate) use definition::Definition;
pub(crate) use idle::Retired;
pub(crate) use listed::{Listed, Number};
pub(crate) use listing::Listing;
pub(crate) use recent::{Recent, Seen, forget_all, now as cache_now};
pub(crate) use series::{Cells, GaugeNumbers, Held, Member, Pin, Series};
pub(crate) use shape::Shape;
pub(crate) use tag::{Tag, Tagger};
pub(crate) use values::Values;

use crate::cells;
use crate::declared::Block;
use crate::descriptor::Kind;
use crate::export::text::LeTexts;
use crate::report::{self, Refusal};
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use idle::Idle;
use listing::Sorted;
use series::Lease;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// The value of every dynamic label of an overflow series.
pub(crate) const OVERFLOW: &str = "__overflow__";

/// All series of one metric.
pub struct Family {
    pub(crate) definition: Arc<Definition>,
    /// What ends the labels of each bucket, `+Inf` last; empty where this is no histogram.
    pub(crate) le: LeTexts,
    /// Places of the labels in the order of their names.
    by_name: Box<[usize]>,
    shape: Shape,
    dense: Option<Dense>,
    dynamic: DashMap<u64, Slot, BuildHasherDefault<Identity>>,
    cap: Arc<Cap>,
    origin: Origin,
    /// Whether it takes series; see [`Gate`]. Read under the lock of a shard.
    gate: AtomicU8,
    /// Bytes of a label value; a longer one is cut.
    value_limit: usize,
    id: u64,
    /// Rises whenever a dynamic series comes or goes.
    version: AtomicU64,
    sorted: Mutex<Sorted>,
}

/// Who made a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The program, in its code.
    Declared,
    /// This library: it holds reports of the library's own, stands outside of the limits and is never swept.
    Own,
    /// An operation by name.
    Named,
}

impl Origin {
    /// Whether what finds no place is reported by the family. By name, the operation reports it; and the families that
    /// hold the reports do not report.
    const fn reports(self) -> bool {
        matches!(self, Self::Declared)
    }

    /// Whether idle series are removed.
    const fn is_swept(self) -> bool {
        !matches!(self, Self::Own)
    }
}

/// Whether a family takes series.
#[derive(Clone, Copy)]
enum Gate {
    Open,
    /// It had no series left, and is out of its registry.
    Empty,
    /// It was removed.
    Removed,
}

/// A family that takes no series: it is out of its registry, or about to be.
#[derive(Debug)]
pub(crate) struct Closed;

/// The block of a family whose labels are all enums (or that has none).
struct Dense {
    start: u32,
    stride: u32,
    series: Box<[Arc<Series>]>,
}

/// The series of one hash: one, but for the odd collision.
#[derive(Default)]
struct Slot {
    first: Option<Member>,
    /// One pointer, since there hardly ever is one.
    collided: Option<Box<Slot>>,
}

/// The keys are hashes already.
#[derive(Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl Family {
    pub(crate) fn new(
        definition: Definition,
        shape: Shape,
        cap: &Arc<Cap>,
        origin: Origin,
        value_limit: usize,
    ) -> Self {
        static IDS: AtomicU64 = AtomicU64::new(1);
        let mut by_name: Box<[usize]> = (0..definition.labels.len()).collect();
        by_name.sort_by_key(|label| definition.labels.get(*label));
        let le = match definition.kind {
            Kind::Histogram => LeTexts::new(definition.bounds),
            Kind::Counter | Kind::Gauge => LeTexts::default(),
        };
        let mut family = Self {
            le,
            by_name,
            shape,
            dense: None,
            dynamic: DashMap::default(),
            cap: match definition.max_series {
                Some(own) if origin == Origin::Own => Arc::new(Cap::reserved(own)),
                Some(own) => Arc::new(Cap::new(own)),
                None => Arc::clone(cap),
            },
            origin,
            gate: AtomicU8::new(Gate::Open as u8),
            value_limit,
            // Relaxed: only uniqueness matters.
            id: IDS.fetch_add(1, Ordering::Relaxed),
            version: AtomicU64::new(1),
            sorted: Mutex::default(),
            definition: Arc::new(definition),
        };
        if family.shape.dense {
            family.dense = Some(family.block());
        }
        family
    }

    /// Whether it is one of the library's own, which stand outside of all limits.
    pub(crate) fn is_own(&self) -> bool {
        self.cap.is_reserved()
    }

    /// The cells of one series; a gauge has none.
    fn width(&self) -> u32 {
        match self.definition.kind {
            Kind::Counter => 1,
            Kind::Gauge => 0,
            // The sum, the buckets, and the one up to infinity. Bounds are at most 512.
            Kind::Histogram => u32::try_from(self.definition.bounds.len()).map_or(2, |n| n + 2),
        }
    }

    /// The dense block, filled with a series for every combination of values.
    fn block(&self) -> Dense {
        let count = self.shape.count();
        let length = u32::try_from(count).unwrap_or(u32::MAX);
        let width = self.width();
        // A block over a chunk starts at a chunk, and a power of two divides it: no series straddles.
        let stride = if width.saturating_mul(length) > cells::CHUNK_CELLS {
            width.next_power_of_two()
        } else {
            width
        };
        let reserved = length
            .checked_mul(stride)
            .filter(|all| *all > 0)
            .and_then(cells::allocate);
        let (start, stride) = reserved.map_or((cells::SCRAP, 0), |start| (start, stride));
        let series = (0..length)
            .map(|index| {
                let texts = self.shape.values_of(index as usize);
                let cells = Cells::lasting(start + index * stride);
                Arc::new(self.series(&texts, cells, None))
            })
            .collect();
        Dense {
            start,
            stride,
            series,
        }
    }

    fn series(&self, texts: &[&str], cells: Cells, lease: Option<Lease>) -> Series {
        Series {
            definition: Arc::clone(&self.definition),
            values: Values::new(texts),
            cells,
            gauge: matches!(self.definition.kind, Kind::Gauge).then(GaugeNumbers::default),
            lease,
            idle: Idle::new(),
        }
    }

    /// Where the numbers are; `None` when this family is not dense in label types of this fingerprint.
    pub(crate) fn block_in(&self, fingerprint: u64) -> Option<Block> {
        let dense = self.dense.as_ref()?;
        (self.shape.fingerprint == fingerprint).then_some(Block {
            start: dense.start,
            stride: dense.stride,
            bounds: self.definition.bounds,
        })
    }

    /// A series of the block by its place.
    pub(crate) fn dense_series(&self, index: usize) -> Option<&Arc<Series>> {
        self.dense.as_ref()?.series.get(index)
    }

    /// As [`dense_series`](Self::dense_series), if the block is in label types of this fingerprint.
    pub(crate) fn dense_series_in(&self, fingerprint: u64, index: usize) -> Option<&Arc<Series>> {
        if self.shape.fingerprint == fingerprint {
            self.dense_series(index)
        } else {
            None
        }
    }

    /// What `f` says of the cells of these label values, or of the overflow series where there is no room for
    /// another.
    ///
    /// The cells stay those of this series for as long as `f` runs; a handle that it takes keeps them longer. `f`
    /// must not call back into the family.
    #[inline]
    pub(crate) fn with_cells<R>(&self, texts: &[&str], f: impl Fn(Cells) -> R) -> R {
        match cache::with_cells(self.id, texts, &f) {
            Some(found) => found,
            None => self.look_up_cells(texts, f),
        }
    }

    /// As [`with_cells`](Self::with_cells), of what the thread does not remember.
    #[cold]
    #[inline(never)]
    fn look_up_cells<R>(&self, texts: &[&str], f: impl Fn(Cells) -> R) -> R {
        let hash = tag::hash(self.id, texts);
        let turn = cache::is_turn();
        // A thread that uses more series than it can remember comes here each time: it does no more than is needed.
        if !turn
            && let Some(slot) = self.dynamic.get(&hash)
            && let Some(member) = slot.find(texts)
        {
            return f(member.series.cells());
        }
        f(self.look_up(hash, texts, turn).series.cells())
    }

    /// The gauge of these label values, or the overflow series.
    pub(crate) fn gauge(&self, texts: &[&str]) -> Pin {
        cache::gauge(self.id, texts).unwrap_or_else(|| {
            let hash = tag::hash(self.id, texts);
            let member = self.look_up(hash, texts, cache::is_turn());
            // One of the block is there for ever, and needs no other pin.
            member.pin.unwrap_or_else(|| Arc::new(member.series))
        })
    }

    /// The series of these label values, or the overflow series, without the thread's memory.
    ///
    /// # Errors
    ///
    /// Where the family takes none, which one in the code always does.
    pub(crate) fn series_of(&self, texts: &[&str]) -> Result<Member, Closed> {
        self.find(tag::hash(self.id, texts), texts)
    }

    /// Lets the thread remember a series if it is its turn.
    ///
    /// A series is remembered under its own values only, or not each recording that is diverted or cut would be
    /// reported.
    fn remember(&self, seen: Seen, texts: &[&str], member: &Member, turn: bool) {
        if turn && member.series.values.matches(texts) {
            cache::remember(seen, self.id, texts, member);
        }
    }

    /// The series of these values, each too long one cut at a character boundary.
    fn find_cut(&self, texts: &[&str]) -> Result<Member, Closed> {
        if self.origin.reports() {
            report::refused(Refusal::ValueTruncated, &self.definition.name);
        }
        let cut: Vec<&str> = texts
            .iter()
            .map(|text| {
                let mut end = text.len().min(self.value_limit);
                while !text.is_char_boundary(end) {
                    end -= 1;
                }
                text.get(..end).unwrap_or_default()
            })
            .collect();
        self.find(tag::hash(self.id, &cut), &cut)
    }

    /// Finds what the thread does not remember, and lets it remember that if it is its turn.
    #[cold]
    #[inline(never)]
    fn look_up(&self, hash: u64, texts: &[&str], turn: bool) -> Member {
        let seen = recent::now();
        let member = self.find(hash, texts).unwrap_or_else(|_| self.scrap());
        self.remember(seen, texts, &member, turn);
        member
    }

    fn find(&self, hash: u64, texts: &[&str]) -> Result<Member, Closed> {
        if texts.iter().any(|text| text.len() > self.value_limit) {
            return self.find_cut(texts);
        }
        let known = self
            .shape
            .index_of(texts)
            .and_then(|index| self.dense_series(index));
        if let Some(series) = known {
            return Ok(Member::lasting(series));
        }
        if let Some(series) = self.find_or_insert(hash, texts, Some(&self.cap))? {
            return Ok(series);
        }
        if self.origin.reports() {
            report::refused(Refusal::LabelCombinations, &self.definition.name);
        }
        self.overflow(texts)
    }

    /// The series that takes what finds no place: labels whose values are known keep them.
    fn overflow(&self, texts: &[&str]) -> Result<Member, Closed> {
        let diverted: Vec<&str> = texts
            .iter()
            .zip(&self.shape.known)
            .map(|(text, known)| if known.contains(text) { text } else { OVERFLOW })
            .collect();
        let hash = tag::hash(self.id, &diverted);
        let found = self.find_or_insert(hash, &diverted, None)?;
        Ok(found.unwrap_or_else(|| self.scrap()))
    }

    /// A series that records nowhere.
    pub(crate) fn scrap(&self) -> Member {
        Member::new(self.series(&[], Cells::SCRAP, None))
    }

    /// `None` when the cap is reached; check and insert are one step under the lock of the hash's shard.
    fn find_or_insert(
        &self,
        hash: u64,
        texts: &[&str],
        cap: Option<&Arc<Cap>>,
    ) -> Result<Option<Member>, Closed> {
        let known = |slot: &Slot| slot.find(texts).cloned();
        // Most often it is there, and readers need not wait for each other.
        if let Some(member) = self.dynamic.get(&hash).and_then(|slot| known(&slot)) {
            return Ok(Some(member));
        }
        let entry = self.dynamic.entry(hash);
        if let Entry::Occupied(occupied) = &entry
            && let Some(member) = known(occupied.get())
        {
            return Ok(Some(member));
        }
        // Relaxed: written before the lock of this shard is taken to see that nothing is in it.
        if self.gate.load(Ordering::Relaxed) != Gate::Open as u8 {
            return Err(Closed);
        }
        if cap.is_some_and(|cap| !cap.take()) {
            return Ok(None);
        }
        let width = self.width();
        let cells = match width {
            0 => Cells::SCRAP,
            width => Cells::allocate(width),
        };
        let lease = Lease {
            width,
            cap: cap.cloned(),
            left: AtomicBool::new(false),
        };
        let member = Member::new(self.series(texts, cells, Some(lease)));
        entry.or_default().put(member.clone());
        // Relaxed: a scrape that misses the rise sees the series next time.
        self.version.fetch_add(1, Ordering::Relaxed);
        Ok(Some(member))
    }

    /// Takes no more series, if it has none.
    pub(crate) fn close_if_empty(&self) -> bool {
        if !self.dynamic.is_empty() {
            return false;
        }
        // Relaxed: the locks of the shards order it. Who inserted before the second look is seen by it; who comes
        // later sees the gate.
        self.gate.store(Gate::Empty as u8, Ordering::Relaxed);
        let empty = self.dynamic.is_empty();
        if !empty {
            self.reopen();
        }
        empty
    }

    /// Takes series again.
    pub(crate) fn reopen(&self) {
        self.gate.store(Gate::Open as u8, Ordering::Relaxed);
    }

    /// Takes no more series, for ever.
    #[cfg(feature = "prometheus")]
    pub(crate) fn remove(&self) {
        self.gate.store(Gate::Removed as u8, Ordering::Relaxed);
        let mut removed = Vec::new();
        self.dynamic.retain(|_, slot| {
            removed.extend(slot.iter().cloned());
            false
        });
        // Their places are free at once. Without a lock: the last reference to a gauge drops what a user gave.
        for member in &removed {
            member.series.leave();
        }
    }

    pub(crate) fn is_removed(&self) -> bool {
        self.gate.load(Ordering::Relaxed) == Gate::Removed as u8
    }

    pub(crate) fn is_named(&self) -> bool {
        self.origin == Origin::Named
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        // Threads may remember them for longer.
        for slot in &self.dynamic {
            for member in slot.iter() {
                member.series.leave();
            }
        }
    }
}

impl std::fmt::Debug for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Family")
            .field("definition", &self.definition)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
