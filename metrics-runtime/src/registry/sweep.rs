//! Removing what is idle.

use super::{Registry, State};
use crate::cells;
use crate::family::{self, Family, Retired};
use std::sync::{Arc, LazyLock, MutexGuard, PoisonError, RwLockWriteGuard};
use std::time::{Duration, Instant};

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Registry {
    /// Removes dynamic series that nothing recorded into, and no handle was on, since a look this long ago; and metrics by
    /// name that have no series left.
    pub(crate) fn sweep(&self, idle: Duration) {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.sweep_at(milliseconds(START.elapsed()), milliseconds(idle), |_| ());
    }

    /// As [`sweep`](Self::sweep), at a time of its own (in milliseconds, as `idle`). `seen` is shown what is retired now.
    pub(crate) fn sweep_at(&self, now: u64, idle: u64, mut seen: impl FnMut(&Retired)) {
        let mut retired = self.retired();
        let earlier = retired.len();
        let families = self.all_families();
        let mut any = false;
        for family in &families {
            any |= family.sweep(now, idle, &mut retired);
        }
        if any {
            family::forget_all();
        }
        retired.iter().skip(earlier).for_each(&mut seen);
        self.settle_all(&mut retired);
        drop(retired);
        drop(families);
        let emptied = self.take_emptied();
        // Without the lock: a family is a large thing to drop.
        drop(emptied);
        cells::free_waiting();
    }

    /// Passes on what was recorded into series that are gone.
    pub(super) fn settle(&self) {
        // The numbers of the process, also where the reader is in a scope.
        cells::outside(|| self.settle_all(&mut self.retired()));
    }

    fn settle_all(&self, retired: &mut Vec<Retired>) {
        retired.retain_mut(|series| series.settle(|family| self.current(family)));
    }

    fn retired(&self) -> MutexGuard<'_, Vec<Retired>> {
        self.retired.lock().unwrap_or_else(PoisonError::into_inner)
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
