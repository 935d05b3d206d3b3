//! All families by name, and what contradicts them.

mod conflict;
mod link;

pub use conflict::{Conflict, Conflicts, Definition};
pub use link::{Declaration, Unlinked, check, unlinked};

use crate::descriptor::Descriptor;
use crate::family::{self, Cap, Family, Series, Shape};
use crate::report;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

/// Dynamic series in all, unless configured otherwise.
const MAX_LABEL_COMBINATIONS: usize = 10_000;

/// The families of a process.
pub(crate) struct Registry {
    state: RwLock<State>,
    cap: Arc<Cap>,
}

#[derive(Default)]
struct State {
    /// By exposed name, in the order of exposition.
    families: BTreeMap<Cow<'static, str>, Arc<Family>>,
    /// Every name that a family exposes, with that family's definition.
    claimed: BTreeMap<String, Arc<family::Definition>>,
    /// Families that contradict one of those above: kept alive, never exposed.
    detached: Vec<Arc<Family>>,
}

impl Registry {
    /// The process's own.
    pub(crate) fn global() -> &'static Self {
        static GLOBAL: LazyLock<Registry> = LazyLock::new(|| Registry {
            state: RwLock::default(),
            cap: Arc::new(Cap::new(MAX_LABEL_COMBINATIONS)),
        });
        &GLOBAL
    }

    /// The family of this definition: the one already there if it is identical, else a new one.
    ///
    /// A definition that contradicts an earlier one gets a detached family, so that recording goes on
    /// without mixing numbers of two meanings; the conflict is logged and counted.
    pub(crate) fn register(
        &self,
        definition: family::Definition,
        shape: Shape,
        reports: bool,
    ) -> Arc<Family> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let known = state.families.get(&definition.name);
        let identical = known
            .into_iter()
            .chain(&state.detached)
            .find(|family| family.definition.is_identical(&definition));
        if let Some(family) = identical {
            return Arc::clone(family);
        }
        let family = Arc::new(Family::new(definition, shape, &self.cap, reports));
        let definition = &family.definition;
        let earlier = definition
            .claims()
            .find_map(|name| state.claimed.get(&*name).cloned());
        match earlier {
            None => {
                for name in definition.claims() {
                    let definition = Arc::clone(definition);
                    state.claimed.insert(name.into_owned(), definition);
                }
                state
                    .families
                    .insert(definition.name.clone(), Arc::clone(&family));
            }
            Some(earlier) => {
                state.detached.push(Arc::clone(&family));
                // Logging runs a subscriber's code: not under the lock.
                drop(state);
                report::conflict(&Conflict::new(&earlier, definition));
            }
        }
        family
    }

    /// The one series of a metric without labels.
    pub(crate) fn register_plain(&self, descriptor: &Descriptor) -> Arc<Series> {
        let family = self.register(
            family::Definition::from(descriptor),
            Shape::of::<()>(),
            true,
        );
        // A family without labels has one series, unless an identical definition could not have been.
        family
            .dense_series(0)
            .map_or_else(|| Arc::clone(&family.pin(&[])), Arc::clone)
    }

    /// Registers what links declare, then returns all families by name.
    pub(crate) fn families(&self) -> Vec<Arc<Family>> {
        link::register_linked();
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.families.values().cloned().collect()
    }

    /// Whether a metric of ours is exposed under this name.
    #[cfg(feature = "prometheus")]
    pub(crate) fn claims(&self, name: &str) -> bool {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.claimed.contains_key(name)
    }

    /// The definitions that were registered, detached ones included.
    fn definitions(&self) -> Vec<Arc<family::Definition>> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let families = state.families.values().chain(&state.detached);
        families
            .map(|family| Arc::clone(&family.definition))
            .collect()
    }
}
