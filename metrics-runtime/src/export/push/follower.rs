//! Tells the registries how far an exporter has read them: an idle series does not go before that.

use crate::export::sources::Sources;
use crate::registry::{Reader, Registry};
use std::sync::{Arc, Weak};

/// One exporter, for as long as this is there.
#[derive(Debug, Default)]
pub(super) struct Follower(Arc<Reader>);

/// A reading that has begun.
pub(super) struct Begun {
    /// The looks at idle series that had ended by then.
    declared: u64,
    sets: Vec<(Weak<Registry>, u64)>,
}

impl Follower {
    /// One that reads the declared metrics.
    pub(super) fn new() -> Self {
        let new = Self::default();
        Registry::global().expect_reader(new.reader());
        new
    }

    /// What sets of metrics by name are told to expect.
    pub(super) fn reader(&self) -> Weak<Reader> {
        Arc::downgrade(&self.0)
    }

    pub(super) fn begin(sources: &Sources) -> Begun {
        let sets = sources.sets();
        let sets = sets.iter();
        Begun {
            declared: Registry::global().looked(),
            sets: sets
                .map(|set| (Arc::downgrade(set), set.looked()))
                .collect(),
        }
    }

    /// Everything was read since then.
    pub(super) fn end(&self, begun: Begun) {
        Registry::global().was_read(&self.0, begun.declared);
        for (set, looked) in begun.sets {
            if let Some(set) = set.upgrade() {
                set.was_read(&self.0, looked);
            }
        }
    }
}
