#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Functions that call themselves.

use instrumetrics::timed;

#[timed]
#[timed("fibonacci_seconds", outcome, in_flight)]
fn fibonacci(n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    fibonacci(n - 1) + fibonacci(n - 2)
}

#[timed("async_fibonacci_seconds", outcome)]
async fn async_fibonacci(n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    Box::pin(async_fibonacci(n - 1)).await + Box::pin(async_fibonacci(n - 2)).await
}

fn main() {
    assert_eq!(fibonacci(10), 55);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    assert_eq!(runtime.block_on(async_fibonacci(5)), 5);
}
