#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Two and three of our attributes in several orders.

use instrumetrics::{counted, job_metric, timed};

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

#[timed]
#[counted]
#[job_metric(shop, namespace = "one")]
fn one(shop: &str) -> Result<(), ()> {
    let _ = shop;
    Ok(())
}

#[job_metric(shop, namespace = "two")]
#[counted(outcome)]
#[timed(outcome, labels(shop))]
async fn two(shop: &str) -> Result<(), ()> {
    let _ = shop;
    Err(())
}

#[counted(in_flight)]
#[timed(in_flight, outcome, "three_seconds")]
#[counted("threes_total", labels(shop, ok = |ret| ret.is_ok()))]
#[timed("threes_seconds")]
fn three(shop: String) -> Result<String, ()> {
    Ok(shop)
}

#[counted("fours_total")]
#[timed(outcome)]
#[job_metric(namespace = "four")]
fn four() -> impl Future<Output = Result<(), ()>> + Send {
    async move { Ok(()) }
}

fn main() {
    assert_eq!(one("a"), Ok(()));
    assert_eq!(block_on(two("b")), Err(()));
    assert_eq!(three("c".to_owned()), Ok("c".to_owned()));
    assert_eq!(block_on(four()), Ok(()));
    let text = instrumetrics::render();
    for line in [
        "one_duration_seconds_count 1",
        "one_total 1",
        r#"one_jobs_completed_total{shop="a",status="success"} 1"#,
        r#"two_jobs_completed_total{shop="b",status="error"} 1"#,
        r#"two_total{outcome="error"} 1"#,
        r#"two_duration_seconds_count{outcome="error",shop="b"} 1"#,
        "three_total 1",
        r#"threes_total{ok="true",shop="c"} 1"#,
        "threes_seconds_count 1",
        "fours_total 1",
        r#"four_duration_seconds_count{outcome="success"} 1"#,
        r#"four_jobs_completed_total{status="success"} 1"#,
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
}
