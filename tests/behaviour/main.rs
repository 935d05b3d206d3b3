//! What the library does, one module per behaviour, in one binary.
//!
//! The tests share one process and so one registry: each uses names of its own.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_cmp,
    clippy::cast_precision_loss,
    clippy::format_collect,
    clippy::ignored_unit_patterns,
    clippy::large_types_passed_by_value,
    clippy::manual_assert,
    clippy::unchecked_time_subtraction,
    dead_code,
    reason = "tests, and series that nothing makes on purpose"
)]

mod bounded;
mod by_name;
mod by_name_errors;
mod by_name_limits;
mod by_name_names;
mod by_name_properties;
mod by_name_remembered;
mod by_name_under_fire;
mod conflicts;
mod counting;
mod datadog;
mod declared;
mod exporter;
mod exposition;
mod futures;
mod gauges;
mod graphite;
mod influx;
mod jobs;
mod json;
mod otlp;
mod otlp_grpc;
mod outcome;
mod peer;
mod push;
mod pushgateway;
mod remote_write;
mod stacks;
mod statics;
#[cfg(unix)]
mod statsd;
mod testing;
mod testing_assertions;
mod testing_clock;
mod values;
