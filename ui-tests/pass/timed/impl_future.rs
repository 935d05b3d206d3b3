#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Functions that return a future: the call begins at the first poll.

use instrumetrics::{counted, timed};
use std::pin::Pin;

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

#[timed]
#[counted]
#[counted("lengths_total", outcome, in_flight)]
fn length(name: &str) -> impl Future<Output = Option<usize>> + Send + use<'_> {
    let name = name.trim();
    async move {
        tokio::task::yield_now().await;
        if name.is_empty() {
            return None;
        }
        Some(name.len())
    }
}

#[timed("boxed_seconds", labels(name), outcome)]
#[counted("boxed_total", labels(name), in_flight)]
fn boxed<'a>(name: &'a str) -> Pin<Box<dyn Future<Output = Result<usize, ()>> + Send + 'a>> {
    let doubled = name.repeat(2);
    Box::pin(async move {
        let n = async { Ok::<_, ()>(doubled.len()) }.await?;
        if n == 0 { Err(()) } else { Ok(n) }
    })
}

#[timed("unmoved_seconds", outcome)]
fn unmoved() -> impl Future<Output = u8> {
    async { 1 }
}

fn nested(depth: u32) -> futures_util::future::BoxFuture<'static, u32> {
    descend(depth)
}

/// Recursion, boxed.
#[timed("descend_seconds", labels(depth), outcome)]
fn descend(depth: u32) -> futures_util::future::BoxFuture<'static, u32> {
    Box::pin(async move {
        if depth == 0 {
            0
        } else {
            nested(depth - 1).await + 1
        }
    })
}

fn main() {
    drop(length("never polled"));
    drop(boxed("never"));
    let snapshot = instrumetrics::snapshot();
    assert_eq!(snapshot.counter("length_total", &[]), Some(0.0));
    assert_eq!(block_on(length("abc")), Some(3));
    assert_eq!(block_on(boxed("ab")), Ok(4));
    assert_eq!(block_on(boxed("")), Err(()));
    assert_eq!(block_on(unmoved()), 1);
    assert_eq!(block_on(descend(2)), 2);
    let text = instrumetrics::render();
    assert!(text.contains("length_total 1\n"), "{text}");
    assert!(
        text.contains(r#"lengths_total{outcome="success"} 1"#),
        "{text}"
    );
    assert!(text.contains(r#"boxed_total{name="ab"} 1"#), "{text}");
    assert!(
        text.contains(r#"boxed_seconds_count{outcome="error"} 1"#),
        "{text}"
    );
    assert!(
        text.contains(r#"descend_seconds_count{depth="0",outcome="success"} 1"#),
        "{text}"
    );
}
