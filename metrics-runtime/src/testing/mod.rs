//! For the tests of programs that measure themselves: [`Scope`]s with numbers of their own, and assertions.

mod assert;
#[doc(hidden)]
pub mod expand;
mod expected;
mod scope;
mod source;

pub use crate::{assert_counter, assert_gauge, assert_histogram};
pub use expected::Expected;
pub use scope::{Scope, Scoped};
pub use source::Source;

use crate::family::{Definition, Family};
use crate::registry::Registry;
use crate::snapshot::{self, Snapshot};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The sets of metrics by name. A set that nobody uses any more is forgotten.
static BY_NAME: Mutex<Vec<Weak<Registry>>> = Mutex::new(Vec::new());

/// Remembers a set of metrics by name.
pub(crate) fn made(registry: &Arc<Registry>) {
    let mut sets = BY_NAME.lock().unwrap_or_else(PoisonError::into_inner);
    sets.retain(|set| set.strong_count() > 0);
    sets.push(Arc::downgrade(registry));
}

fn by_name() -> Vec<Arc<Registry>> {
    let sets = BY_NAME.lock().unwrap_or_else(PoisonError::into_inner);
    sets.iter().filter_map(Weak::upgrade).collect()
}

/// All metrics, declared and by name, with the numbers of the scope that this thread is in.
fn everything() -> Snapshot {
    let by_name = by_name();
    let mut registries = vec![Registry::linked()];
    registries.extend(by_name.iter().map(|registry| &**registry));
    snapshot::of(&registries)
}

/// What every metric is defined to be, whether anything was recorded or not.
fn definitions() -> Vec<Arc<Definition>> {
    let definition = |family: &Arc<Family>| Arc::clone(&family.definition);
    let declared = Registry::linked().families();
    let by_name = by_name();
    let by_name = by_name.iter().flat_map(|registry| registry.families());
    declared
        .into_iter()
        .chain(by_name)
        .map(|family| definition(&family))
        .collect()
}
