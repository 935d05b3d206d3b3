//! Removing what is idle.

use super::{Registry, State};
use crate::cells;
use crate::family::{self, Family, Retired};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, RwLockWriteGuard, Weak};
use std::time::{Duration, Instant};

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Held while series are taken out, of any registry.
static TAKING: Mutex<()> = Mutex::new(());

/// Waits until no series are being taken out.
///
/// A series that was read before this may go meanwhile, or later. A sweep that took its last numbers before the reading
/// saw more of them has held the lock since then: it is waited for, and [`Series::went`](family::Series::went) tells
/// those numbers. One that takes them later finds at least what the reading saw, since each cell only grows.
#[cfg(feature = "push")]
pub(crate) fn wait_for_sweeps() {
    drop(taking());
}

fn taking() -> MutexGuard<'static, ()> {
    TAKING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// For how many milliseconds a series that is idle is kept for an exporter that pushes to read it.
const PATIENCE: u64 = 3_600_000;

/// What sweeps know.
#[derive(Default)]
pub(super) struct Swept {
    /// Idle series that were removed but may still be recorded into.
    retired: Vec<Retired>,
    /// After the time of the last look.
    looked: u64,
    /// Exporters that push, each with the looks (those before this time) that ended before it read everything.
    readers: Vec<(Weak<Reader>, u64)>,
}

/// An exporter that reads everything again and again.
#[derive(Debug, Default)]
pub(crate) struct Reader(());

impl Swept {
    /// Before which time what was found unchanged was read since by every exporter that pushes.
    fn read_before(&mut self, now: u64) -> u64 {
        self.readers.retain(|(reader, _)| reader.strong_count() > 0);
        let read = self.readers.iter().map(|(_, read)| *read);
        let awaited = read.filter(|read| now.saturating_sub(*read) < PATIENCE);
        awaited.min().unwrap_or(u64::MAX)
    }
}

/// For exporters that push: a series stays until they have read what was recorded into it.
#[cfg(feature = "push")]
impl Registry {
    /// From now on what is recorded is kept until this exporter has read it.
    pub(crate) fn expect_reader(&self, reader: Weak<Reader>) {
        let mut swept = self.swept();
        if !swept.readers.iter().any(|(known, _)| known.ptr_eq(&reader)) {
            let from = swept.looked;
            swept.readers.push((reader, from));
        }
    }

    /// The looks that ended so far.
    pub(crate) fn looked(&self) -> u64 {
        self.swept().looked
    }

    /// This exporter has read everything after these looks had ended.
    pub(crate) fn was_read(&self, reader: &Arc<Reader>, looked: u64) {
        let mut swept = self.swept();
        let mut readers = swept.readers.iter_mut();
        if let Some((_, read)) = readers.find(|(known, _)| known.as_ptr() == Arc::as_ptr(reader)) {
            *read = looked;
        }
    }
}

impl Registry {
    /// Removes dynamic series that nothing recorded into, and no handle was on, since a look this long ago; and metrics by
    /// name that have no series left.
    ///
    /// One that an exporter which pushes has not read since stays, for an hour at the most.
    pub(crate) fn sweep(&self, idle: Duration) {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.sweep_at(milliseconds(START.elapsed()), milliseconds(idle), |_| ());
    }

    /// As [`sweep`](Self::sweep), at a time of its own (in milliseconds, as `idle`). `seen` is shown what is retired now.
    pub(crate) fn sweep_at(&self, now: u64, idle: u64, mut seen: impl FnMut(&Retired)) {
        let mut swept = self.swept();
        let read = swept.read_before(now);
        let retired = &mut swept.retired;
        let earlier = retired.len();
        let families = self.all_families();
        let mut any = false;
        let taking = taking();
        for family in &families {
            any |= family.sweep(now, idle, read, retired);
        }
        drop(taking);
        if any {
            family::forget_all();
        }
        retired.iter().skip(earlier).for_each(&mut seen);
        self.settle_all(retired);
        swept.looked = now.saturating_add(1);
        drop(swept);
        drop(families);
        let emptied = self.take_emptied();
        // Without the lock: a family is a large thing to drop.
        drop(emptied);
        cells::free_waiting();
    }

    /// Passes on what was recorded into series that are gone.
    pub(super) fn settle(&self) {
        // The numbers of the process, also where the reader is in a scope.
        cells::outside(|| self.settle_all(&mut self.swept().retired));
    }

    fn settle_all(&self, retired: &mut Vec<Retired>) {
        retired.retain_mut(|series| series.settle(|family| self.current(family)));
    }

    fn swept(&self) -> MutexGuard<'_, Swept> {
        self.swept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn all_families(&self) -> Vec<Arc<Family>> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let families = state.families.values().chain(&state.detached);
        families.cloned().collect()
    }

    /// Takes metrics by name out that have no series.
    fn take_emptied(&self) -> Vec<Arc<Family>> {
        let mut state = self.write();
        let named = state.families.values();
        let emptied: Vec<Arc<Family>> = named
            .filter(|family| family.is_named() && family.close_if_empty())
            .cloned()
            .collect();
        for family in &emptied {
            state.remove(&family.definition.name);
        }
        emptied
    }

    /// The family of this definition now: this one, which is put back if it was taken out because it was empty, or one that
    /// came after it. `None` where another metric has its name.
    fn current(&self, family: &Arc<Family>) -> Option<Arc<Family>> {
        if !family.is_named() {
            return Some(Arc::clone(family));
        }
        let mut state = self.write();
        if let Some(own) = state.families.get(&family.definition.name) {
            let same = own.definition.is_identical(&family.definition);
            return same.then(|| Arc::clone(own));
        }
        if family.is_removed() || state.claimant(&family.definition).is_some() {
            return None;
        }
        // There may be one more than is allowed for once: better than to lose what was recorded.
        family.reopen();
        state.insert(family);
        Some(Arc::clone(family))
    }
}
