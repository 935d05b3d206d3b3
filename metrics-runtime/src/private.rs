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

/// The grammar, for const expressions in expansions.
pub use instrumetrics_grammar as grammar;

/// Asserts at compile time that buckets follow the rules.
///
/// # Panics
///
/// When they do not: in constants, where expansions use it, that is the compile error.
#[expect(clippy::panic, reason = "a compile error in constants")]
pub const fn check_buckets(bounds: &[f64]) {
    if let Err(violation) = grammar::buckets(bounds) {
        panic!("{}", violation.message());
    }
}

/// Asserts at compile time that a family whose labels are all enums is not too large for a block.
///
/// # Panics
///
/// When it is: in constants, where expansions use it, that is the compile error.
#[expect(clippy::panic, reason = "a compile error in constants")]
pub const fn check_dense(cardinality: Option<usize>) {
    if let Some(n) = cardinality
        && n > grammar::MAX_DENSE_SERIES
    {
        panic!(
            "these enum labels have more than 4,096 combinations, each of which would be a series from the start; drop a label or make one a string"
        );
    }
}
