#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! `tokio::main`, above and below.

use instrumetrics::{counted, timed};

#[timed]
#[tokio::main(flavor = "current_thread")]
#[counted(outcome)]
async fn inner() -> Result<(), String> {
    tokio::task::yield_now().await;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
#[counted("mains_total")]
async fn main() -> Result<(), String> {
    std::thread::spawn(inner)
        .join()
        .map_err(|_| "panicked".to_owned())??;
    let text = instrumetrics::render();
    assert!(text.contains("inner_duration_seconds_count 1\n"), "{text}");
    assert!(text.contains("mains_total 1\n"), "{text}");
    Ok(())
}
