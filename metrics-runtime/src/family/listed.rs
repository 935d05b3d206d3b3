//! The names of the metrics by name, for handles that are to tell theirs.
//!
//! A handle has a number and not a reference: a reference has to be dropped, which every handle would pay for, those of
//! declared metrics too.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

static NAMES: Mutex<BTreeMap<u64, Arc<str>>> = Mutex::new(BTreeMap::new());

fn names() -> MutexGuard<'static, BTreeMap<u64, Arc<str>>> {
    NAMES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A name, in the list for as long as this is there.
#[derive(Debug)]
pub(crate) struct Listed(Number);

/// Stands for a name; of one that is not listed any more it stays a number of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number(u64);

impl Listed {
    pub(crate) fn new(name: &str) -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        // Relaxed: only uniqueness matters.
        let number = NUMBERS.fetch_add(1, Relaxed);
        names().insert(number, name.into());
        Self(Number(number))
    }

    pub(crate) const fn number(&self) -> Number {
        self.0
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        names().remove(&self.0.0);
    }
}

impl Number {
    /// Of no metric.
    pub(crate) const NOBODY: Self = Self(0);

    /// The name; `None` once the metric is gone.
    pub(crate) fn name(self) -> Option<Arc<str>> {
        names().get(&self.0).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_listed_for_as_long_as_its_metric_is_there() {
        let (first, second) = (Listed::new("first"), Listed::new("second"));
        let numbers = [first.number(), second.number()];
        assert_eq!(numbers[0].name().as_deref(), Some("first"));
        drop(first);
        let third = Listed::new("third");
        assert_eq!(numbers[0].name(), None);
        assert_eq!(numbers[1].name().as_deref(), Some("second"));
        assert_eq!(third.number().name().as_deref(), Some("third"));
        assert_eq!(Number::NOBODY.name(), None);
    }
}
