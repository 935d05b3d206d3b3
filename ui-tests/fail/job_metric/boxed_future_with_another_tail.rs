use instrumetrics::job_metric;

use std::future::Future;
use std::pin::Pin;

#[job_metric]
fn order() -> Pin<Box<dyn Future<Output = ()>>> {
    let future = async {};
    Box::pin(future)
}

fn main() {}
