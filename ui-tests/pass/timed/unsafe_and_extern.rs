#![deny(warnings, missing_docs)]
//! `unsafe fn` and `extern "C" fn`.

use instrumetrics::{counted, timed};

/// # Safety
///
/// `pointer` points to a number.
#[timed]
#[timed("deref_seconds", outcome)]
unsafe fn deref(pointer: *const u32) -> Option<u32> {
    // SAFETY: as promised.
    Some(unsafe { *pointer })
}

#[counted("callback_total", labels(code), outcome)]
extern "C" fn callback(code: i32) -> i32 {
    code + 1
}

/// # Safety
///
/// None is needed.
#[timed("exported_seconds", outcome)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn instrumetrics_ui_exported(code: i32) -> i32 {
    code
}

fn main() {
    let number = 5;
    // SAFETY: a pointer to a number.
    assert_eq!(unsafe { deref(&raw const number) }, Some(5));
    assert_eq!(callback(1), 2);
    // SAFETY: none is needed.
    assert_eq!(unsafe { instrumetrics_ui_exported(3) }, 3);
}
