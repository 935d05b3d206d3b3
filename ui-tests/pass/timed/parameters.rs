#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Patterns, `mut`, `_` and conditional parameters.

use instrumetrics::{LabelValue, timed};

struct Point {
    x: u32,
    y: u32,
}

#[timed("patterns_seconds", labels(x, b, r#type), outcome)]
fn patterns(
    Point { x, y: _ }: Point,
    (a, b): (u32, u32),
    mut count: u32,
    _: &str,
    _unused: bool,
    r#type: &str,
    &[first, ..]: &[u32; 2],
    ref whole @ Point { y, .. }: Point,
) -> u32 {
    count += a + b + x + first + y + whole.y;
    let _ = r#type;
    count
}

#[timed("conditional_seconds", labels(kept))]
fn conditional(
    #[cfg(any())] dropped: u32,
    #[cfg(not(any()))] kept: u32,
    #[allow(unused)] unused: u32,
) -> u32 {
    kept
}

#[timed("mutable_seconds", labels(name), outcome)]
async fn mutable(mut name: String, mut parts: Vec<u32>) -> usize {
    name.push('x');
    parts.push(1);
    name.len() + parts.len()
}

#[timed("moved_seconds", labels(name, kind = kind, length = name.len()), outcome)]
fn moved(name: String, kind: impl LabelValue) -> String {
    drop(kind);
    name
}

fn main() {
    let point = || Point { x: 1, y: 2 };
    assert_eq!(
        patterns(point(), (3, 4), 5, "", true, "t", &[6, 7], point()),
        23
    );
    assert_eq!(conditional(1, 2), 1);
    drop(mutable(String::new(), Vec::new()));
    assert_eq!(moved("ab".to_owned(), true), "ab");
    let text = instrumetrics::render();
    assert!(
        text.contains(r#"patterns_seconds_count{b="4",outcome="success",type="t",x="1"} 1"#),
        "{text}"
    );
    assert!(
        text.contains(
            r#"moved_seconds_count{kind="true",length="2",name="ab",outcome="success"} 1"#
        ),
        "{text}"
    );
}
