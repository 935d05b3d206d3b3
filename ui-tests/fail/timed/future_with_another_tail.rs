use instrumetrics::timed;

use std::future::Future;

#[timed]
fn order() -> impl Future<Output = u32> {
    std::future::ready(1)
}

fn main() {}
