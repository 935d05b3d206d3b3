//! All families by name, and what contradicts them.

mod conflict;
mod link;
mod sweep;

pub use conflict::{Conflict, Conflicts, Definition};
pub use link::{Declaration, Unlinked, check, unlinked};
use sweep::Swept;
#[cfg(feature = "push")]
pub(crate) use sweep::{Reader, wait_for_sweeps};

use crate::descriptor::Descriptor;
#[cfg(feature = "prometheus")]
use crate::descriptor::Kind;
use crate::family::{self, Cap, Family, Member, Origin, Shape};
use crate::report;
use instrumetrics_grammar::MAX_LABEL_VALUE_LENGTH;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError, RwLock};
use std::time::SystemTime;

/// Dynamic series in all, unless configured otherwise.
const MAX_LABEL_COMBINATIONS: usize = 10_000;

/// The families of a process.
pub(crate) struct Registry {
    state: RwLock<State>,
    /// Sweeps and readings hold this lock, before any other.
    swept: Mutex<Swept>,
    cap: Arc<Cap>,
    /// Bytes of a label value; a longer one is cut.
    value_limit: usize,
}

/// Why a metric by name finds no place.
#[derive(Debug)]
pub(crate) enum Place {
    /// There are as many as are allowed.
    Full,
    /// A metric of this name exposes the name already.
    Claimed(String),
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

/// When the first registry was made.
static BEGAN: OnceLock<SystemTime> = OnceLock::new();

/// A moment before anything was recorded, and after the process began.
#[cfg(feature = "push")]
pub(crate) fn began() -> SystemTime {
    *BEGAN.get_or_init(SystemTime::now)
}

/// What became of a removal.
#[cfg(feature = "prometheus")]
#[derive(Debug)]
pub(crate) enum Removal {
    Done,
    Unknown,
    OtherKind(Kind),
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry")
            .field("families", &self.len())
            .finish_non_exhaustive()
    }
}

impl State {
    /// The definition that exposes one of the names of this one already.
    fn claimant(&self, definition: &family::Definition) -> Option<Arc<family::Definition>> {
        definition
            .claims()
            .find_map(|name| self.claimed.get(&*name).cloned())
    }

    fn remove(&mut self, name: &str) -> Option<Arc<Family>> {
        self.claimed.retain(|_, definition| definition.name != name);
        self.families.remove(name)
    }

    fn insert(&mut self, family: &Arc<Family>) {
        let definition = &family.definition;
        for name in definition.claims() {
            let definition = Arc::clone(definition);
            self.claimed.insert(name.into_owned(), definition);
        }
        self.families
            .insert(definition.name.clone(), Arc::clone(family));
    }
}

impl Registry {
    /// The process's own, with everything that the linker collected.
    pub(crate) fn linked() -> &'static Self {
        link::register_linked();
        Self::global()
    }

    /// The process's own.
    pub(crate) fn global() -> &'static Self {
        static GLOBAL: LazyLock<Registry> = LazyLock::new(|| {
            let cap = Arc::new(Cap::new(MAX_LABEL_COMBINATIONS));
            Registry::new(cap, MAX_LABEL_VALUE_LENGTH)
        });
        &GLOBAL
    }

    pub(crate) fn new(cap: Arc<Cap>, value_limit: usize) -> Self {
        BEGAN.get_or_init(SystemTime::now);
        Self {
            state: RwLock::new(State {
                families: BTreeMap::new(),
                claimed: BTreeMap::new(),
                detached: Vec::new(),
            }),
            swept: Mutex::default(),
            cap,
            value_limit,
        }
    }

    /// The family of this exposed name.
    pub(crate) fn find(&self, name: &str) -> Option<Arc<Family>> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.families.get(name).cloned()
    }

    /// The family of this name, made if there is room for it. Check and insert are one step.
    pub(crate) fn find_or_insert(
        &self,
        name: &str,
        max: usize,
        make: impl FnOnce() -> family::Definition,
    ) -> Result<Arc<Family>, Place> {
        if let Some(family) = self.find(name) {
            return Ok(family);
        }
        let definition = make();
        // Asked before the lock: the two registries are never locked together.
        if let Some(by) = Self::global().claimed_by(&definition) {
            return Err(Place::Claimed(by));
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(family) = state.families.get(name) {
            return Ok(Arc::clone(family));
        }
        if let Some(earlier) = state.claimant(&definition) {
            return Err(Place::Claimed(earlier.name.to_string()));
        }
        if state.families.len() >= max {
            return Err(Place::Full);
        }
        let shape = Shape::unknown(definition.labels.len());
        let family = Family::new(
            definition,
            shape,
            &self.cap,
            Origin::Named,
            self.value_limit,
        );
        let family = Arc::new(family);
        state.insert(&family);
        Ok(family)
    }

    /// The metric that exposes one of the names of this definition already.
    fn claimed_by(&self, definition: &family::Definition) -> Option<String> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let earlier = state.claimant(definition)?;
        Some(earlier.name.to_string())
    }

    /// How many families there are.
    pub(crate) fn len(&self) -> usize {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.families.len()
    }

    /// How many dynamic series count towards the cap.
    pub(crate) fn series(&self) -> usize {
        self.cap.used()
    }

    /// The family of this definition: the one already there if it is identical, else a new one.
    ///
    /// A definition that contradicts an earlier one gets a detached family, so that recording goes on
    /// without mixing numbers of two meanings; the conflict is logged and counted.
    pub(crate) fn register(
        &self,
        definition: family::Definition,
        shape: Shape,
        origin: Origin,
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
        let family = Arc::new(Family::new(
            definition,
            shape,
            &self.cap,
            origin,
            self.value_limit,
        ));
        let definition = &family.definition;
        match state.claimant(definition) {
            None => state.insert(&family),
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
    pub(crate) fn register_plain(&self, descriptor: &Descriptor) -> Member {
        let family = self.register(
            family::Definition::from(descriptor),
            Shape::of::<()>(),
            Origin::Declared,
        );
        // A family without labels has one series, unless an identical definition could not have been.
        family
            .dense_series(0)
            .map(Member::lasting)
            .or_else(|| family.series_of(&[]).ok())
            .unwrap_or_else(|| family.scrap())
    }

    /// All families, by name, to be read: what was recorded before is in them.
    pub(crate) fn families(&self) -> Vec<Arc<Family>> {
        let mut families = Vec::new();
        self.families_into(&mut families);
        families
    }

    /// Appends all families, by name.
    pub(crate) fn families_into(&self, families: &mut Vec<Arc<Family>>) {
        self.settle();
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        families.extend(state.families.values().cloned());
    }

    /// Whether a metric of ours is exposed under this name, and if so, whether it declares a namespace.
    #[cfg(any(feature = "prometheus", feature = "push"))]
    pub(crate) fn claims(&self, name: &str) -> Option<bool> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state
            .claimed
            .get(name)
            .map(|definition| definition.namespaced)
    }

    /// A metric that has a label of this name.
    #[cfg(any(feature = "prometheus", feature = "_backend"))]
    pub(crate) fn with_label(&self, label: &str) -> Option<String> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let mut definitions = state.families.values().map(|family| &family.definition);
        let found =
            definitions.find(|definition| definition.labels.iter().any(|own| own == label))?;
        Some(found.name.to_string())
    }

    /// Removes a family by name. Its series live on for as long as a handle keeps them.
    #[cfg(feature = "prometheus")]
    pub(crate) fn remove(&self, kind: Kind, name: &str) -> Removal {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let Some(family) = state.families.get(name) else {
            return Removal::Unknown;
        };
        let found = family.definition.kind;
        if found != kind {
            return Removal::OtherKind(found);
        }
        let removed = state.remove(name);
        drop(state);
        // Without the lock: what a user gave to a gauge is dropped.
        if let Some(family) = removed {
            family.remove();
        }
        // What threads remember of it would otherwise be found by this name for ever.
        family::forget_all();
        Removal::Done
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
