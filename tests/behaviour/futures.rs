//! Futures stay what they were: `Send`, not boxed, and hardly larger.

use instrumetrics::{counted, job_metric, timed};

/// Of a size that would show if it were kept twice.
type Payload = [u8; 2048];

async fn rest() {
    tokio::task::yield_now().await;
}

async fn bare(payload: Payload) -> Result<u8, ()> {
    rest().await;
    payload.first().copied().ok_or(())
}

#[timed("size_timed_seconds")]
async fn timed_only(payload: Payload) -> Result<u8, ()> {
    rest().await;
    payload.first().copied().ok_or(())
}

#[timed("size_outcome_seconds", labels(kind = payload.len()), outcome, in_flight)]
async fn timed_outcome(payload: Payload) -> Result<u8, ()> {
    rest().await;
    payload.first().copied().ok_or(())
}

#[counted("size_counted_total")]
async fn counted_only(payload: Payload) -> Result<u8, ()> {
    rest().await;
    payload.first().copied().ok_or(())
}

#[job_metric(namespace = "size")]
async fn job(payload: Payload) -> Result<u8, ()> {
    rest().await;
    payload.first().copied().ok_or(())
}

fn assert_send<T: Send>(value: T) -> T {
    value
}

#[test]
fn a_future_grows_by_no_more_than_the_guard() {
    let payload = [0; 2048];
    let bare = size_of_val(&assert_send(bare(payload)));
    for (name, size) in [
        ("timed", size_of_val(&assert_send(timed_only(payload)))),
        (
            "timed, outcome",
            size_of_val(&assert_send(timed_outcome(payload))),
        ),
        ("counted", size_of_val(&assert_send(counted_only(payload)))),
        ("job", size_of_val(&assert_send(job(payload)))),
    ] {
        let growth = size - bare;
        println!("{name}: {bare} + {growth} bytes");
        assert!(growth <= 192, "{name}: {growth}");
    }
}

#[test]
fn what_was_not_send_is_not_made_so_and_still_works() {
    #[timed("not_send_seconds", outcome)]
    async fn not_send(shared: std::rc::Rc<u8>) -> Result<u8, ()> {
        rest().await;
        Ok(*shared)
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let local = tokio::task::LocalSet::new();
    let value = local.block_on(&runtime, async {
        tokio::task::spawn_local(not_send(std::rc::Rc::new(7)))
            .await
            .unwrap()
    });
    assert_eq!(value, Ok(7));
}
