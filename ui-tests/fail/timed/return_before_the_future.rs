use instrumetrics::timed;

use std::future::Future;
use std::pin::Pin;

#[timed]
fn order(open: bool) -> Pin<Box<dyn Future<Output = u32>>> {
    if !open {
        return Box::pin(async { 0 });
    }
    Box::pin(async { 1 })
}

fn main() {}
