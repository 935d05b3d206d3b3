//! A list that only grows, and is read without a lock.

use std::sync::OnceLock;

/// What is put in stays for ever.
pub(super) struct List<T: 'static>(OnceLock<&'static Link<T>>);

struct Link<T: 'static> {
    value: T,
    rest: List<T>,
}

impl<T> List<T> {
    pub(super) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Puts a value at the end.
    pub(super) fn push(&self, value: T) -> &'static T {
        let mut link: &'static Link<T> = Box::leak(Box::new(Link {
            value,
            rest: Self::new(),
        }));
        let new = link;
        let mut end = self;
        while let Err(ours) = end.0.set(link) {
            link = ours;
            // The lock is taken, so there is a link.
            if let Some(taken) = end.0.get() {
                end = &taken.rest;
            }
        }
        &new.value
    }

    /// The values, the oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &'static T> + use<T> {
        std::iter::successors(self.0.get().copied(), |link| link.rest.0.get().copied())
            .map(|link| &link.value)
    }
}
