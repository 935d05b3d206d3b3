//! Everything that an exporter exposes of ours: the declared metrics, and sets of metrics by name.

#[cfg(feature = "prometheus")]
use crate::descriptor::Kind;
#[cfg(feature = "prometheus")]
use crate::error::{ErrorCategory, Fault};
use crate::family::{Definition, Family};
use crate::registry::Registry;
#[cfg(feature = "prometheus")]
use crate::registry::Removal;
use crate::report;
#[cfg(feature = "prometheus")]
use std::cmp::Ordering;
use std::sync::{Arc, PoisonError, RwLock, Weak};

/// The parts of a family's exposed name, compared as one text.
fn exposed<'a>(prefix: &'a str, definition: &'a Definition) -> impl Iterator<Item = u8> + 'a {
    let prefix = if definition.namespaced { "" } else { prefix };
    prefix.bytes().chain(definition.name.bytes())
}

/// How a family's exposed name compares with another.
#[cfg(feature = "prometheus")]
pub(super) fn exposed_order(prefix: &str, family: &Family, other: &str) -> Ordering {
    exposed(prefix, &family.definition).cmp(other.bytes())
}

/// What an exporter exposes: the declared metrics, and the sets of metrics by name attached to it. A set that
/// nobody uses any more is forgotten.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    /// Whose sources these are, for reports.
    exporter: Arc<str>,
    sets: Arc<RwLock<Vec<Weak<Registry>>>>,
}

impl Sources {
    pub(crate) fn new(exporter: &str) -> Self {
        Self {
            exporter: exporter.into(),
            sets: Arc::default(),
        }
    }

    pub(crate) fn attach(&self, registry: &Arc<Registry>) {
        let mut sets = self.sets.write().unwrap_or_else(PoisonError::into_inner);
        sets.retain(|set| set.strong_count() > 0);
        let set = Arc::downgrade(registry);
        if !sets.iter().any(|known| known.ptr_eq(&set)) {
            sets.push(set);
        }
    }

    /// All families by exposed name.
    pub(crate) fn families(&self, prefix: &str) -> Vec<Arc<Family>> {
        let mut families = Vec::new();
        self.families_into(&mut families, prefix);
        families
    }

    /// Puts all families, by exposed name, in the place of what `families` holds.
    pub(crate) fn families_into(&self, families: &mut Vec<Arc<Family>>, prefix: &str) {
        families.clear();
        Registry::linked().families_into(families);
        let sets = self.sets();
        if sets.is_empty() && prefix.is_empty() {
            return;
        }
        for (place, set) in sets.iter().enumerate() {
            let earlier = sets.get(..place).unwrap_or_default();
            let mut before = families.len();
            set.families_into(families);
            // A metric may have been declared, or used in another set, since this one was made.
            families.retain(|family| {
                let ours = before > 0;
                before = before.saturating_sub(1);
                ours || !self.is_taken(family, earlier)
            });
        }
        // This sort does not allocate. Names may be equal with the prefix only: that of a metric which declares a
        // namespace, and that of one which gets the same from the exporter.
        families.sort_unstable_by(|a, b| {
            let (a, b) = (&a.definition, &b.definition);
            let names = if a.namespaced == b.namespaced || prefix.is_empty() {
                a.name.cmp(&b.name)
            } else {
                exposed(prefix, a).cmp(exposed(prefix, b))
            };
            names.then_with(|| b.namespaced.cmp(&a.namespaced))
        });
        families.dedup_by(|later, earlier| {
            let same = exposed(prefix, &later.definition).eq(exposed(prefix, &earlier.definition));
            if same {
                report::export(&self.exporter, "collision", &later.definition.name);
            }
            same
        });
    }

    /// Whether a metric by name has a name that is declared, or that an earlier set has; reported if so.
    fn is_taken(&self, family: &Family, earlier: &[Arc<Registry>]) -> bool {
        let taken = family.definition.claims().any(|name| {
            Registry::global().claims(&name).is_some()
                || earlier.iter().any(|set| set.claims(&name).is_some())
        });
        if taken {
            report::export(&self.exporter, "collision", &family.definition.name);
        }
        taken
    }

    /// Whether a metric of ours is exposed under this name.
    #[cfg(feature = "prometheus")]
    pub(crate) fn claims(&self, prefix: &str, name: &str) -> bool {
        let sets = self.sets();
        let registries =
            || std::iter::once(Registry::global()).chain(sets.iter().map(|set| &**set));
        let with_own_namespace = registries().any(|registry| registry.claims(name) == Some(true));
        let prefixed = name
            .strip_prefix(prefix)
            .is_some_and(|name| registries().any(|registry| registry.claims(name) == Some(false)));
        with_own_namespace || prefixed
    }

    /// Removes a metric from the set that has it.
    #[cfg(feature = "prometheus")]
    pub(crate) fn remove(&self, kind: Kind, name: &str) -> Result<(), Fault> {
        for set in self.sets() {
            match set.remove(kind, name) {
                Removal::Done => return Ok(()),
                Removal::OtherKind(found) => {
                    return Err(Fault::validation(
                        "type_conflict",
                        format!("it is a {}, not a {}", found.as_str(), kind.as_str()),
                    ));
                }
                Removal::Unknown => {}
            }
        }
        let reason = if Registry::linked().find(name).is_some() {
            "a declared metric cannot be removed"
        } else {
            "there is no such metric"
        };
        Err(Fault::new(ErrorCategory::Export, "rejected", reason))
    }

    /// How many metrics by name there are.
    #[cfg(feature = "prometheus")]
    pub(crate) fn len(&self) -> usize {
        self.sets().iter().map(|set| set.len()).sum()
    }

    /// The sets that are there.
    pub(crate) fn sets(&self) -> Vec<Arc<Registry>> {
        let sets = self.sets.read().unwrap_or_else(PoisonError::into_inner);
        sets.iter().filter_map(Weak::upgrade).collect()
    }
}
