//! Everything that an exporter exposes of ours: the declared metrics, and sets of metrics by name.

use crate::family::Family;
use crate::registry::Registry;
use crate::report;
use std::sync::{Arc, PoisonError, RwLock, Weak};

/// The sets of metrics by name attached to an exporter. A set that nobody uses any more is forgotten.
#[derive(Clone, Debug, Default)]
pub(super) struct Named(Arc<RwLock<Vec<Weak<Registry>>>>);

impl Named {
    pub(super) fn attach(&self, registry: &Arc<Registry>) {
        let mut sets = self.0.write().unwrap_or_else(PoisonError::into_inner);
        sets.retain(|set| set.strong_count() > 0);
        sets.push(Arc::downgrade(registry));
    }

    /// All families by name, the declared ones first among equals.
    pub(super) fn families(&self) -> Vec<Arc<Family>> {
        let mut families = Registry::linked().families();
        let sets = self.sets();
        if sets.is_empty() {
            return families;
        }
        for (place, set) in sets.iter().enumerate() {
            let earlier = sets.get(..place).unwrap_or_default();
            families.extend(set.families().into_iter().filter(|family| {
                // A metric may have been declared, or used in another set, since this one was made.
                let taken = family.definition.claims().any(|name| {
                    Registry::global().claims(&name) || earlier.iter().any(|set| set.claims(&name))
                });
                if taken {
                    report::export("prometheus", "collision", &family.definition.name);
                }
                !taken
            }));
        }
        families.sort_by(|a, b| a.definition.name.cmp(&b.definition.name));
        families
    }

    /// Whether a metric of ours is exposed under this name.
    pub(super) fn claims(&self, name: &str) -> bool {
        Registry::global().claims(name) || self.sets().iter().any(|set| set.claims(name))
    }

    /// How many metrics by name there are.
    pub(super) fn len(&self) -> usize {
        self.sets().iter().map(|set| set.len()).sum()
    }

    fn sets(&self) -> Vec<Arc<Registry>> {
        let sets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        sets.iter().filter_map(Weak::upgrade).collect()
    }
}
