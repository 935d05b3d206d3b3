#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Every form of buckets.

use instrumetrics::timed;

const BOUNDS: &[f64] = &[0.1, 1.0];
const START: f64 = 0.5;

mod limits {
    pub const SLOW: f64 = 10.0;
}

#[timed(buckets = [0.1, 1, 10])]
fn list() {}

#[timed(buckets = BOUNDS)]
fn constant() {}

#[timed(buckets = [START, START * 2.0, limits::SLOW])]
fn expressions() {}

#[timed(buckets = exponential(0.001, 10.0, 4))]
fn exponential() {}

#[timed(buckets = linear(START, 0.5, 3))]
fn linear() {}

struct Shop;

impl Shop {
    const BOUNDS: &'static [f64] = &[2.0];

    #[timed(buckets = Shop::BOUNDS)]
    fn associated() {}
}

fn main() {
    list();
    constant();
    expressions();
    exponential();
    linear();
    Shop::associated();
    let text = instrumetrics::render();
    for line in [
        r#"list_duration_seconds_bucket{le="10.0"} 1"#,
        r#"constant_duration_seconds_bucket{le="0.1"} 1"#,
        r#"expressions_duration_seconds_bucket{le="10.0"} 1"#,
        r#"exponential_duration_seconds_bucket{le="1.0"} 1"#,
        r#"linear_duration_seconds_bucket{le="1.5"} 1"#,
        r#"associated_duration_seconds_bucket{le="2.0"} 1"#,
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
}
