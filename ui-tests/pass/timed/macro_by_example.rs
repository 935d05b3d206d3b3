#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Inside macros by example, every fragment captured.

use instrumetrics::{counted, job_metric, timed};

macro_rules! handler {
    ($(#[$meta:meta])* $name:ident($param:ident: $ty:ty) -> $ret:ty, $metric:literal, $bounds:expr, $value:expr, $body:block) => {
        $(#[$meta])*
        #[timed($metric, labels($param, fixed = $value, size = |ret| format!("{ret:?}").len()), buckets = $bounds, outcome)]
        #[counted(labels($param), outcome)]
        fn $name($param: $ty) -> $ret $body
    };
}

handler! {
    /// Has a doc comment.
    #[inline]
    order(shop: &str) -> Result<usize, ()>, "macro_order_seconds", [0.1, 1.0], 1 + 1, { Ok(shop.len()) }
}

macro_rules! hygienic {
    ($name:ident) => {
        #[timed(labels(inner), outcome)]
        #[job_metric(inner, namespace = "hygienic")]
        fn $name(inner: u32) -> u32 {
            inner + 1
        }
    };
}

hygienic!(next);

macro_rules! later {
    ($name:ident, $ret:ty, $body:block) => {
        #[timed(outcome)]
        async fn $name() -> $ret $body
    };
}

later!(never_polled, Option<u32>, { Some(1) });

fn main() {
    assert_eq!(order("ab"), Ok(2));
    assert_eq!(next(1), 2);
    drop(never_polled());
    let text = instrumetrics::render();
    assert!(text.contains(r#"macro_order_seconds_bucket{fixed="2",outcome="success",shop="ab",size="5",le="0.1"} 1"#), "{text}");
    assert!(
        text.contains(r#"next_duration_seconds_count{inner="1",outcome="success"} 1"#),
        "{text}"
    );
}
