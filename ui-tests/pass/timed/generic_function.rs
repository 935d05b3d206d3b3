#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Type parameters, bounds, where-clauses and const generics.

use instrumetrics::{LabelValue, timed};
use std::fmt::Debug;

#[timed(labels(kind))]
fn sum<T, K: LabelValue, const N: usize>(values: [T; N], kind: K) -> T
where
    T: Copy + Default + std::ops::Add<Output = T> + Debug,
{
    let _ = kind;
    let mut total = T::default();
    for value in values {
        total = total + value;
    }
    total
}

#[timed("total_seconds", labels(length = N), outcome)]
fn total<const N: usize, E: Debug>(values: [u32; N], error: Option<E>) -> Result<u32, E> {
    match error {
        Some(error) => Err(error),
        None => Ok(values.iter().sum()),
    }
}

fn main() {
    assert_eq!(sum([1, 2, 3], "int"), 6);
    assert_eq!(sum([1.5, 2.5], 7_u8), 4.0);
    assert_eq!(total::<2, ()>([1, 2], None), Ok(3));
    assert_eq!(total([1], Some("no")), Err("no"));
    let text = instrumetrics::render();
    assert!(
        text.contains(r#"sum_duration_seconds_count{kind="int"} 1"#),
        "{text}"
    );
    assert!(
        text.contains(r#"total_seconds_count{length="1",outcome="error"} 1"#),
        "{text}"
    );
}
