#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! `impl Trait` in argument and return position, nested too.

use instrumetrics::{LabelValue, timed};
use std::fmt::Display;

#[timed(labels(name))]
fn argument(name: impl LabelValue, other: impl Into<String>) -> usize {
    let _ = name;
    other.into().len()
}

#[timed]
fn returned(n: u32) -> impl Iterator<Item = u32> + Clone {
    0..n
}

#[timed("nested_seconds", outcome)]
fn nested(n: u32) -> Result<Option<impl Iterator<Item = impl Display>>, impl Display> {
    if n == 0 {
        return Err("none");
    }
    Ok(Some(0..n))
}

#[timed("captured_seconds", labels(count = |ret| ret.size_hint().0))]
fn captured<'a>(words: &'a [String]) -> impl ExactSizeIterator<Item = &'a str> + use<'a> {
    words.iter().map(String::as_str)
}

#[timed("async_nested_seconds", outcome)]
async fn async_nested(n: u32) -> Result<impl Display, ()> {
    Ok(n)
}

fn main() {
    assert_eq!(argument("x", "abc"), 3);
    assert_eq!(returned(3).count(), 3);
    assert!(nested(0).is_err());
    assert_eq!(nested(2).ok().flatten().map(Iterator::count), Some(2));
    assert_eq!(captured(&["a".to_owned()]).next(), Some("a"));
    drop(async_nested(1));
}
