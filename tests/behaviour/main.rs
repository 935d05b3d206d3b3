//! What the library does, one module per behaviour, in one binary.
//!
//! The tests share one process and so one registry: each uses names of its own.

#![expect(clippy::unwrap_used, reason = "tests")]

mod bounded;
mod by_name;
mod conflicts;
mod counting;
mod declared;
mod exporter;
mod exposition;
mod futures;
mod gauges;
mod jobs;
mod outcome;
mod stacks;
mod statics;
mod values;
