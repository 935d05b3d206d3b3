//! Bucket bounds that the environment chooses.

use instrumetrics_grammar as grammar;
use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

/// Bounds of single metrics, by name in upper case, and those of all durations.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Buckets {
    pub(crate) general: Option<Vec<f64>>,
    pub(crate) by_name: BTreeMap<String, Vec<f64>>,
}

/// The process's choice. Bounds are fixed when a metric registers, so the first choice stays.
static CHOSEN: OnceLock<Buckets> = OnceLock::new();

impl Buckets {
    /// Makes this the choice of the process, for metrics that register from now on.
    pub(crate) fn choose(self) {
        if self != Self::default() {
            let _ = CHOSEN.set(self);
        }
    }

    /// The bounds of a metric: by its own variable, then by its code, then by the general variable (of
    /// durations only), then by its unit.
    pub(crate) fn bounds(&self, name: &str, code: Option<&'static [f64]>) -> &'static [f64] {
        if let Some(bounds) = self.by_name.get(&name.to_uppercase()) {
            return interned(bounds);
        }
        if let Some(bounds) = code {
            return bounds;
        }
        let unit = grammar::default_bounds(name).unwrap_or(grammar::SECONDS);
        match &self.general {
            Some(bounds) if unit == grammar::SECONDS || unit == grammar::JOB_SECONDS => {
                interned(bounds)
            }
            _ => unit,
        }
    }
}

/// The bounds that hold for a metric in this process.
pub(crate) fn effective_bounds(name: &str, code: Option<&'static [f64]>) -> &'static [f64] {
    static NONE: Buckets = Buckets {
        general: None,
        by_name: BTreeMap::new(),
    };
    CHOSEN.get().unwrap_or(&NONE).bounds(name, code)
}

/// One copy of each list for ever: lists come from configuration, so their number is bounded.
fn interned(bounds: &[f64]) -> &'static [f64] {
    static LISTS: Mutex<Vec<&'static [f64]>> = Mutex::new(Vec::new());
    let mut lists = LISTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(list) = lists.iter().find(|list| **list == bounds) {
        return list;
    }
    let list: &'static [f64] = Box::leak(bounds.to_vec().into_boxed_slice());
    lists.push(list);
    list
}
