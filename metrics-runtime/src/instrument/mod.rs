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
use crate::family::{Definition, Family, Series};
use crate::report::{self, Refusal};
use std::sync::Arc;

/// The exposed name of a handle's metric.
fn name<'a>(descriptor: Option<&'static Descriptor>, named: Option<&'a Definition>) -> &'a str {
    match (descriptor, named) {
        (Some(descriptor), _) => descriptor.name,
        (None, Some(definition)) => &definition.name,
        (None, None) => "",
    }
}

/// Reports a number that a metric cannot take.
///
/// It gets what the handle points to and not the handle, which so need not be in memory.
#[cold]
fn refuse(descriptor: Option<&'static Descriptor>, named: Option<&Definition>) {
    report::refused(Refusal::InvalidValue, name(descriptor, named));
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

        /// A handle on the numbers at a place of a dense block; gauges, which have no cells, are not
        /// reached so.
        #[doc(hidden)]
        fn of_block(descriptor: &'static Descriptor, block: &Block, index: usize) -> Option<Self> {
            let _ = (descriptor, block, index);
            None
        }
    }
}
