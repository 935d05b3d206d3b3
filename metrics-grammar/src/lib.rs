//! The rules for metric names, labels, buckets and units: one copy of each, for three callers.
//!
//! - The macros apply them to literals and turn a [`Violation`] into a compile error on the token.
//! - Expansions apply them to constant expressions, as constant assertions.
//! - The runtime applies them to strings and turns a [`Violation`] into an error with its
//!   [`error_type`](Violation::error_type).
//!
//! ```
//! use instrumetrics_grammar::{buckets, exponential};
//!
//! const BOUNDS: [f64; 4] = exponential(0.001, 10.0);
//! const _: () = match buckets(&BOUNDS) {
//!     Ok(()) => {}
//!     Err(violation) => panic!("{}", violation.message()),
//! };
//! assert_eq!(BOUNDS, [0.001, 0.01, 0.1, 1.0]);
//! ```
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod buckets;
mod exposed;
mod identifier;
mod labels;
mod names;
mod nearest;
mod suggest;
mod units;
mod violation;
mod words;

pub use buckets::{MAX_BUCKETS, buckets, exponential, linear};
pub use exposed::{Exposed, exposed};
pub use labels::{
    MAX_DENSE_SERIES, MAX_LABEL_NAME_LENGTH, MAX_LABEL_VALUE_LENGTH, MAX_LABELS, label_for,
    label_name, label_set,
};
pub use names::{Kind, MAX_METRIC_NAME_LENGTH, declared_name, metric_name, namespace};
pub use nearest::nearest;
pub use suggest::{Suggestion, label_suggestion, name_suggestion};
pub use units::{BYTES, JOB_SECONDS, RATIO, REALTIME_FACTOR, SECONDS, default_bounds, unit_of};
pub use violation::{Rule, Violation};
