//! The configuration from the environment, end to end: processes with an environment of their own.
//!
//! The variables of a process cannot be changed safely once it runs, and what they choose holds for all of it. So each
//! test starts this binary again, with nothing in its environment but what the test puts there, to run one of the
//! programs in `programs`; or an example.

#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests, and programs that print"
)]

mod by_name;
mod child;
mod errors;
mod logs;
mod programs;
mod secrets;
mod variables;
