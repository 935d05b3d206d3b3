use instrumetrics::timed;

use std::future::Future;

#[timed]
fn order() -> impl Future<Output = u32> {
    return async { 1 };
}

fn main() {}
