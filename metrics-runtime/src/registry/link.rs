//! What the linker collected: declared metrics that nothing used yet.
//!
//! Correctness does not rest on it, since a metric registers itself when first used. It makes series exist
//! at zero before that, and lets [`check`] see declarations that contradict each other without running
//! them.

use super::{Conflict, Conflicts, Registry};
use crate::descriptor::{Descriptor, Site};
use crate::family::Definition;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Once};

/// A metric that the macros declared, as the linker collects it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Declaration {
    /// What was declared.
    pub descriptor: &'static Descriptor,
    /// Registers it, where its label types can be named outside of the function.
    pub register: Option<fn()>,
}

inventory::collect!(Declaration);

pub(super) fn register_linked() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        crate::own::register();
        for register in inventory::iter::<Declaration>
            .into_iter()
            .filter_map(|declaration| declaration.register)
        {
            register();
        }
    });
}

/// Finds every pair of declarations that contradict each other: two of one name that differ in type,
/// labels, unit or buckets, and two that expose the same name through a suffix.
///
/// It sees all declarations that are linked into the program, used or not, and is made for a test of one
/// line:
///
/// ```
/// assert_eq!(instrumetrics_runtime::check(), Ok(()));
/// ```
///
/// # Errors
///
/// All conflicts, each with both places.
pub fn check() -> Result<(), Conflicts> {
    register_linked();
    let mut all = Registry::global().definitions();
    all.extend(
        inventory::iter::<Declaration>
            .into_iter()
            .map(|declaration| Arc::new(Definition::from(declaration.descriptor))),
    );
    let conflicts = conflicts_among(all);
    if conflicts.is_empty() {
        Ok(())
    } else {
        Err(Conflicts(conflicts))
    }
}

fn conflicts_among(definitions: Vec<Arc<Definition>>) -> Vec<Conflict> {
    let mut claimed: BTreeMap<String, Arc<Definition>> = BTreeMap::new();
    let mut seen: Vec<Arc<Definition>> = Vec::new();
    let mut conflicts: Vec<Conflict> = Vec::new();
    for definition in definitions {
        let known = claimed.get(&*definition.name);
        let again = known.is_some_and(|known| known.is_identical(&definition))
            || seen
                .iter()
                .any(|seen| seen.site == definition.site && seen.is_identical(&definition));
        if again {
            continue;
        }
        let earlier = definition
            .claims()
            .find_map(|name| claimed.get(&*name).cloned());
        match earlier {
            Some(earlier) => conflicts.push(Conflict::new(&earlier, &definition)),
            None => {
                for name in definition.claims() {
                    claimed.insert(name.into_owned(), Arc::clone(&definition));
                }
            }
        }
        seen.push(definition);
    }
    conflicts.sort_by(|a, b| {
        let key = |conflict: &Conflict| (conflict.later.name.clone(), conflict.later.site.line);
        key(a).cmp(&key(b))
    });
    conflicts
}

/// A metric that is used but that the linker did not collect.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unlinked {
    /// The exposed name.
    pub name: String,
    /// Where it was declared.
    pub site: Site,
}

/// The self-check of link-time collection: metrics in use whose declaration the linker dropped.
///
/// They record and are exposed like any other, but were not there at zero before their first use. A line
/// `instrumetrics::register!(path::to::module)` at start-up mends that. Instruments made by hand as a
/// `static` are never collected and are not listed.
#[must_use]
pub fn unlinked() -> Vec<Unlinked> {
    register_linked();
    let linked: HashSet<&str> = inventory::iter::<Declaration>
        .into_iter()
        .map(|declaration| declaration.descriptor.name)
        .collect();
    Registry::global()
        .definitions()
        .iter()
        // The library's own error counters and hand-made instruments have no link entry by design.
        .filter(|definition| definition.collected && !linked.contains(&*definition.name))
        .map(|definition| Unlinked {
            name: definition.name.to_string(),
            site: definition.site,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor::Kind;

    fn named(name: &'static str, kind: Kind, line: u32) -> Descriptor {
        let mut descriptor = Descriptor::gauge("any", "Any.");
        descriptor.name = name;
        descriptor.kind = kind;
        descriptor.site.line = line;
        descriptor
    }

    fn definitions(descriptors: &[Descriptor]) -> Vec<Arc<Definition>> {
        let definitions = descriptors.iter().map(Definition::from);
        definitions.map(Arc::new).collect()
    }

    #[test]
    fn identical_definitions_are_no_conflict_and_help_may_differ() {
        let first = named("x_total", Kind::Counter, 1);
        let mut second = named("x_total", Kind::Counter, 2);
        second.help = "Other.";
        assert!(conflicts_among(definitions(&[first, second])).is_empty());
    }

    #[test]
    fn every_conflict_is_found_with_both_sites() {
        let mut labelled = named("y", Kind::Gauge, 4);
        labelled.labels = &["a", "b"];
        let mut bounded = named("z_seconds", Kind::Histogram, 6);
        bounded.bounds = Some(&[1.0, 2.0]);
        let conflicts = conflicts_among(definitions(&[
            named("x", Kind::Histogram, 1),
            named("x_count", Kind::Gauge, 2),
            named("y", Kind::Gauge, 3),
            labelled,
            named("z_seconds", Kind::Histogram, 5),
            bounded,
            named("w_total", Kind::Counter, 7),
            named("w", Kind::Gauge, 8),
        ]));
        let lines: Vec<(u32, u32)> = conflicts
            .iter()
            .map(|conflict| (conflict.earlier.site.line, conflict.later.site.line))
            .collect();
        assert_eq!(lines, [(7, 8), (1, 2), (3, 4), (5, 6)]);
        let texts: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
        assert!(texts[0].contains("expose the same name"), "{}", texts[0]);
        assert!(texts[2].contains("without labels at"), "{}", texts[2]);
        assert!(texts[2].contains("with labels `a`, `b` at"), "{}", texts[2]);
        assert!(texts[3].contains("[1.0, 2.0]"), "{}", texts[3]);
    }
}
