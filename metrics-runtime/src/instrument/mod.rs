//! The instruments: handles that record.

mod counter;
mod gauge;
mod histogram;
mod jobs;

pub use counter::Counter;
pub use gauge::Gauge;
pub(crate) use histogram::observe_named;
pub use histogram::{Histogram, Timer};
pub use jobs::{JobDescriptors, JobGuard, JobRun, JobSet, Jobs, Submit};

use crate::declared::Block;
use crate::descriptor::{Descriptor, Kind};
use crate::family::{Family, Number, Series};
use crate::report::{self, Refusal};
use std::borrow::Cow;
use std::sync::Arc;

/// Whose a handle is. It is copied and never dropped, so that a handle need not be in memory for that.
#[derive(Clone, Copy, Debug)]
enum Whose {
    Declared(&'static Descriptor),
    /// Of a metric by name.
    Named(Number),
}

impl Whose {
    /// The exposed name; empty once the metric is gone.
    fn name(self) -> Cow<'static, str> {
        match self {
            Self::Declared(descriptor) => Cow::Borrowed(descriptor.name),
            Self::Named(number) => number
                .name()
                .map_or(Cow::Borrowed(""), |name| Cow::Owned(name.to_string())),
        }
    }

    /// Reports a number that the metric cannot take.
    #[cold]
    fn refuse(self) {
        report::refused(Refusal::InvalidValue, &self.name());
    }
}

/// A kind of handle that a family gives out.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a kind of metric",
    note = "a declared metric returns `Counter`, `Counter<f64>`, `Gauge`, `Histogram` or `Jobs`"
)]
pub trait Instrument: Sized + sealed::Sealed {
    /// The kind of family this is a handle into.
    const KIND: Kind;
    /// Whether it counts reals.
    const REAL: bool = false;
}

pub(crate) mod sealed {
    use super::{Arc, Block, Descriptor, Family, Series};

    pub trait Sealed: Sized {
        /// Where a handle records, once it is counted. It is made into a handle at once: on the way it needs not be
        /// in memory.
        #[doc(hidden)]
        type Place;

        /// Of a series that is there for ever.
        #[doc(hidden)]
        fn dense(series: &'static Arc<Series>) -> Self::Place;

        /// Of the series of these label values.
        #[doc(hidden)]
        fn dynamic(family: &Family, texts: &[&str]) -> Self::Place;

        #[doc(hidden)]
        fn of(descriptor: &'static Descriptor, place: Self::Place) -> Self;

        /// As [`of`](Self::of), and what it counted is never given back. So nothing is done when the handle is
        /// dropped, as with those of [`of_block`](Self::of_block).
        #[doc(hidden)]
        fn lasting(descriptor: &'static Descriptor, place: Self::Place) -> Self;

        /// A handle on the numbers at a place of a dense block; gauges, which have no cells, are not
        /// reached so.
        #[doc(hidden)]
        fn of_block(descriptor: &'static Descriptor, block: &Block, index: usize) -> Option<Self> {
            let _ = (descriptor, block, index);
            None
        }
    }
}
