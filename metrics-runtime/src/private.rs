//! What expansions of the macros name. Nothing here is for people, and none of it is stable.

pub use crate::declared::{Declared, Kept};
pub use crate::descriptor::{Descriptor, Kind, Site};
pub use crate::guard::{
    CountedAtEnd, CountedOnEntry, Guard, InFlight, Timed, TimedAtEnd, call, with_returned,
};
pub use crate::instrument::{JobDescriptors, JobRun, JobSet, Jobs, Submit};
pub use crate::label::{LabelSet, LabelText, LabelValue, fingerprint};
pub use crate::number::Number;
pub use crate::outcome::{AnyOutcome, Outcome, Probe};
pub use crate::recording::recording;
pub use crate::registry::Declaration;
pub use crate::{Counter, Gauge, Histogram};
pub use inventory;
