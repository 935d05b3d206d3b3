#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Futures stay `Send`, and grow by no more than the guard.

use instrumetrics::timed;

macro_rules! pair {
    ($plain:ident, $measured:ident, $($attribute:tt)*) => {
        async fn $plain(buffer: [u8; 1024]) -> Result<usize, String> {
            tokio::task::yield_now().await;
            Ok(buffer.len())
        }

        #[timed($($attribute)*)]
        async fn $measured(buffer: [u8; 1024]) -> Result<usize, String> {
            tokio::task::yield_now().await;
            Ok(buffer.len())
        }
    };
}

pair!(bare, measured, "measured_seconds");
pair!(bare_too, with_outcome, "with_outcome_seconds", outcome);

fn size_of_send<T: Send>(value: &T) -> usize {
    std::mem::size_of_val(value)
}

fn main() {
    let grown = size_of_send(&measured([0; 1024])) - size_of_send(&bare([0; 1024]));
    assert!(grown <= 256, "grown by {grown}");
    let _ = (bare_too([0; 1024]), with_outcome([0; 1024]));
}
