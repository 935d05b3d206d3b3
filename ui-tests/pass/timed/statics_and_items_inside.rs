#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Items, statics and names like ours in the body.

use instrumetrics::{counted, timed};

#[timed(outcome, labels(guard))]
#[counted]
fn body(guard: u32, returned: u32, target: u32) -> u32 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static METRIC: AtomicU32 = AtomicU32::new(0);
    const fn inner(n: u32) -> u32 {
        n + 1
    }
    #[timed]
    fn measured_inside() -> u32 {
        1
    }
    METRIC.fetch_add(1, Ordering::Relaxed);
    #[allow(non_snake_case)]
    let __instrumetrics_guard = 1;
    let __instrumetrics_returned = 2;
    inner(guard + returned + target)
        + measured_inside()
        + __instrumetrics_guard
        + __instrumetrics_returned
}

mod private {
    pub(crate) struct Hidden(pub(super) u32);

    #[instrumetrics::timed]
    pub(crate) fn hidden() -> Hidden {
        Hidden(1)
    }
}

fn main() {
    assert_eq!(body(1, 2, 3), 11);
    assert_eq!(private::hidden().0, 1);
    fn local() -> u32 {
        #[timed("local_seconds", outcome)]
        fn nested() -> u32 {
            2
        }
        nested()
    }
    assert_eq!(local(), 2);
}
