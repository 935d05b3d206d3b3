//! The instruments: handles that record.

mod counter;
mod gauge;
mod histogram;
mod jobs;

pub use counter::Counter;
pub use gauge::Gauge;
pub use histogram::{Histogram, Timer};
pub use jobs::{JobDescriptors, JobGuard, JobRun, JobSet, Jobs, Submit};

use crate::declared::Reached;
use crate::descriptor::{Descriptor, Kind};
use crate::family::Pin;

/// The exposed name of a handle's metric.
fn name<'a>(descriptor: Option<&'static Descriptor>, pin: Option<&'a Pin>) -> &'a str {
    match (descriptor, pin) {
        (Some(descriptor), _) => descriptor.name,
        (None, Some(pin)) => &pin.definition.name,
        (None, None) => "",
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
    use super::{Descriptor, Reached};

    pub trait Sealed: Sized {
        #[doc(hidden)]
        fn of(descriptor: &'static Descriptor, reached: Reached) -> Self;

        /// A handle on a cell of a dense family; only counters are reached so.
        #[doc(hidden)]
        fn of_cell(descriptor: &'static Descriptor, cell: u32) -> Option<Self> {
            let _ = (descriptor, cell);
            None
        }
    }
}
