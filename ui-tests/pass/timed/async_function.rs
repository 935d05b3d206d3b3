#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Async functions, with borrowed and moved parameters.

use instrumetrics::timed;

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

#[timed]
async fn plain(name: &str) -> usize {
    tokio::task::yield_now().await;
    name.len()
}

#[timed("read_seconds", labels(name, length = |ret| ret.as_ref().map_or(0, |n| *n)), outcome, in_flight)]
async fn read(name: String) -> std::io::Result<usize> {
    if name.is_empty() {
        return Err(std::io::ErrorKind::NotFound.into());
    }
    let length = async { Ok::<_, std::io::Error>(name.len()) }.await?;
    drop(name);
    Ok(length)
}

#[timed("unit_seconds", outcome)]
async fn unit() {
    tokio::task::yield_now().await;
}

fn assert_send<T: Send>(value: T) -> T {
    value
}

fn main() {
    assert_eq!(block_on(assert_send(plain("abc"))), 3);
    assert_eq!(block_on(assert_send(read("ab".to_owned()))).ok(), Some(2));
    assert!(block_on(read(String::new())).is_err());
    block_on(unit());
    let text = instrumetrics::render();
    assert!(
        text.contains(r#"read_seconds_count{length="2",name="ab",outcome="success"} 1"#),
        "{text}"
    );
    assert!(
        text.contains(r#"read_seconds_count{length="0",outcome="error"} 1"#),
        "{text}"
    );
    assert!(text.contains("read_in_flight 0\n"), "{text}");
}
