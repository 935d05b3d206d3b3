//! Tests against real servers and clients, and of our own servers against clients that misbehave.
//!
//! `.ci/install-peers` installs what they need. A test whose peer is missing says so and passes, unless
//! `REQUIRE_LIVE=1` turns that into a failure. `WITHOUT_PEERS=1` pretends that no peer is installed.

#![expect(
    clippy::expect_used,
    clippy::float_cmp,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be, and counts are exact"
)]

mod by_name;
mod client;
mod expected;
mod exposition;
mod fanout;
mod lines;
mod otlp;
#[path = "../behaviour/peer.rs"]
#[expect(dead_code, reason = "shared with the tests of behaviour")]
mod peer;
mod peers;
mod process;
mod prometheus;
mod pushed;
mod python;
mod relay;
mod samples;
mod scan;
mod scrape;
mod server;
mod service;
mod statsd;
mod trouble;
mod whisper;
mod workload;
