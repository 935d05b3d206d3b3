use instrumetrics::timed;

use std::future::Future;
use std::pin::Pin;

#[timed]
fn order() -> Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(std::future::ready(()))
}

fn main() {}
