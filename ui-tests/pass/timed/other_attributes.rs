#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Lints and documentation stay as they were.

use instrumetrics::{counted, timed};

/// Documented, with a
/// second line.
#[must_use = "it was dear"]
#[timed(outcome)]
#[inline]
pub fn dear() -> Result<u32, ()> {
    Ok(1)
}

#[timed]
#[must_use]
#[inline(always)]
#[cold]
#[track_caller]
#[doc(alias = "x")]
/// Below the attribute.
pub fn located() -> &'static std::panic::Location<'static> {
    std::panic::Location::caller()
}

/// Old.
#[deprecated(note = "use `dear`")]
#[counted]
#[cfg_attr(all(), inline(never))]
pub fn old() {}

#[expect(unused_variables, reason = "an expectation is met inside")]
#[timed("expected_seconds", outcome)]
fn expected(name: String) -> u32 {
    let unused = 5;
    2
}

#[cfg(any())]
#[timed]
fn left_out() {}

fn main() {
    let _ = dear();
    assert!(located().line() > 0);
    #[expect(deprecated, reason = "the attribute is still there")]
    old();
    assert_eq!(expected(String::new()), 2);
}
