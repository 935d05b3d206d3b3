#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! The shortest use.

use instrumetrics::timed;

#[timed]
fn work() -> u32 {
    2
}

fn main() {
    assert_eq!(work(), 2);
    let text = instrumetrics::render();
    assert!(text.contains("work_duration_seconds_count 1\n"), "{text}");
    assert!(
        text.contains("# HELP work_duration_seconds Duration of `work` in seconds.\n"),
        "{text}"
    );
}
