//! Exactly one outcome per call, however it ends.

use futures_util::FutureExt;
use futures_util::task::noop_waker;
use instrumetrics::{Outcome, counted, snapshot, timed};
use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// The counts of `success`, `error`, `cancelled`, `panicked`.
fn outcomes(name: &str) -> [f64; 4] {
    let snapshot = snapshot();
    ["success", "error", "cancelled", "panicked"]
        .map(|outcome| snapshot.counter(name, &[("outcome", outcome)]).unwrap())
}

fn durations(name: &str) -> [u64; 4] {
    let snapshot = snapshot();
    ["success", "error", "cancelled", "panicked"].map(|outcome| {
        let histogram = snapshot.histogram(name, &[("outcome", outcome)]).unwrap();
        histogram.count()
    })
}

fn in_flight(name: &str) -> f64 {
    snapshot().gauge(name, &[]).unwrap()
}

type Aliased<T> = std::result::Result<T, String>;

#[timed("ending_seconds", outcome, in_flight)]
#[counted("endings_total", outcome)]
fn ending(how: &str) -> Aliased<u32> {
    if how == "early" {
        return Ok(1);
    }
    if how == "early error" {
        return Err("early".into());
    }
    if how == "panic" {
        panic!("as asked");
    }
    let n: u32 = how.parse().map_err(|_| "not a number".to_owned())?;
    Ok(n)
}

#[test]
fn a_function_ends_once() {
    assert_eq!(
        outcomes("endings_total"),
        [0.0; 4],
        "there at zero before the first call"
    );
    assert_eq!(ending("7"), Ok(7));
    assert_eq!(ending("early"), Ok(1));
    assert!(ending("early error").is_err());
    assert!(ending("x").is_err());
    assert!(ending("y").is_err());
    assert!(
        catch_unwind(|| ending("panic")).is_err(),
        "it still unwinds"
    );
    assert_eq!(outcomes("endings_total"), [2.0, 3.0, 0.0, 1.0]);
    assert_eq!(durations("ending_seconds"), [2, 3, 0, 1]);
    assert!((in_flight("ending_in_flight")).abs() < f64::EPSILON);
}

/// Ready at the poll after `n` others.
struct After(u32);

impl Future for After {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

#[timed("waiting_seconds", outcome, in_flight)]
#[counted("waits_total", outcome)]
async fn waiting(how: &str) -> Aliased<u32> {
    After(1).await;
    if how == "early" {
        return Ok(1);
    }
    After(1).await;
    if how == "for ever" {
        pending::<()>().await;
    }
    if how == "panic" {
        panic!("as asked");
    }
    let n: u32 = how.parse().map_err(|_| "not a number".to_owned())?;
    Ok(n)
}

#[tokio::test]
async fn a_future_ends_once_at_every_await_point() {
    assert_eq!(waiting("7").await, Ok(7));
    assert_eq!(waiting("early").await, Ok(1));
    assert!(waiting("x").await.is_err());
    assert!(
        AssertUnwindSafe(waiting("panic"))
            .catch_unwind()
            .await
            .is_err()
    );
    assert_eq!(outcomes("waits_total"), [2.0, 1.0, 0.0, 1.0]);

    // Dropped before the first poll: nothing happened.
    drop(waiting("7"));
    assert_eq!(outcomes("waits_total"), [2.0, 1.0, 0.0, 1.0]);

    // Dropped at each await point.
    for (dropped, polls) in [(1.0, 1), (2.0, 2), (3.0, 3)] {
        let mut context = Context::from_waker(std::task::Waker::noop());
        {
            let mut future = pin!(waiting("for ever"));
            for _ in 0..polls {
                assert!(future.as_mut().poll(&mut context).is_pending());
            }
            assert!((in_flight("waiting_in_flight") - 1.0).abs() < f64::EPSILON);
        }
        assert_eq!(outcomes("waits_total"), [2.0, 1.0, dropped, 1.0]);
        assert!(in_flight("waiting_in_flight").abs() < f64::EPSILON);
    }
    assert_eq!(durations("waiting_seconds"), [2, 1, 3, 1]);
    drop(noop_waker());
}

#[counted("dropped_in_panic_total", outcome)]
async fn dropped_in_panic() {
    pending::<()>().await;
}

#[test]
fn a_future_dropped_while_its_thread_unwinds_panicked() {
    let result = catch_unwind(|| {
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut future = Box::pin(dropped_in_panic());
        assert!(future.as_mut().poll(&mut context).is_pending());
        panic!("a sibling's");
    });
    assert!(result.is_err());
    assert_eq!(outcomes("dropped_in_panic_total"), [0.0, 0.0, 0.0, 1.0]);
}

#[counted("unwinding_already_total", outcome)]
async fn unwinding_already() {
    pending::<()>().await;
}

#[test]
fn a_future_that_lives_and_dies_inside_of_an_unwinding_was_cancelled() {
    struct PollsInDrop;
    impl Drop for PollsInDrop {
        fn drop(&mut self) {
            let mut context = Context::from_waker(std::task::Waker::noop());
            let mut future = Box::pin(unwinding_already());
            assert!(future.as_mut().poll(&mut context).is_pending());
        }
    }
    let result = catch_unwind(|| {
        let _polls = PollsInDrop;
        panic!("first");
    });
    assert!(result.is_err());
    assert_eq!(outcomes("unwinding_already_total"), [0.0, 0.0, 1.0, 0.0]);
}

#[counted("judged_total", outcome = |ret: &u16| if *ret < 500 { Outcome::Success } else { Outcome::Error })]
fn judged(status: u16) -> u16 {
    status
}

#[test]
fn a_closure_judges_what_the_type_does_not_tell() {
    judged(200);
    judged(503);
    judged(500);
    assert_eq!(outcomes("judged_total"), [1.0, 2.0, 0.0, 0.0]);
}

#[counted("option_total", outcome)]
fn option() -> Option<u8> {
    None
}

#[test]
fn what_is_no_result_is_a_success() {
    option();
    assert_eq!(outcomes("option_total"), [1.0, 0.0, 0.0, 0.0]);
}

#[counted("entries_total")]
async fn entry() {
    pending::<()>().await;
}

#[test]
fn without_an_outcome_a_call_counts_when_it_begins() {
    let count = || snapshot().counter("entries_total", &[]).unwrap();
    let mut context = Context::from_waker(std::task::Waker::noop());
    let mut future = Box::pin(entry());
    assert!(count().abs() < f64::EPSILON);
    assert!(future.as_mut().poll(&mut context).is_pending());
    assert!(future.as_mut().poll(&mut context).is_pending());
    assert!((count() - 1.0).abs() < f64::EPSILON);
    drop(future);
    assert!((count() - 1.0).abs() < f64::EPSILON);
}

#[counted("replies_total", labels(route, code = |ret| ret.1), outcome)]
fn reply(route: &str, code: u16) -> (&'static str, u16) {
    if code == 0 {
        panic!("as asked");
    }
    ("body", code)
}

#[test]
fn a_label_from_the_returned_value_takes_the_outcome_where_there_is_none() {
    reply("/a", 200);
    reply("/a", 200);
    reply("/a", 404);
    assert!(catch_unwind(|| reply("/a", 0)).is_err());
    let snapshot = snapshot();
    let count = |code, outcome| {
        let labels = [("route", "/a"), ("code", code), ("outcome", outcome)];
        snapshot.counter("replies_total", &labels)
    };
    assert_eq!(count("200", "success"), Some(2.0));
    assert_eq!(count("404", "success"), Some(1.0));
    assert_eq!(count("panicked", "panicked"), Some(1.0));
    assert_eq!(count("200", "error"), None);
}

#[timed(labels(n = n % 2))]
fn recursive(n: u32) -> u32 {
    if n == 0 { 0 } else { recursive(n - 1) + 1 }
}

#[test]
fn every_call_of_a_recursion_counts() {
    assert_eq!(recursive(5), 5);
    let snapshot = snapshot();
    let count = |n| {
        let name = "recursive_duration_seconds";
        snapshot.histogram(name, &[("n", n)]).unwrap().count()
    };
    assert_eq!((count("0"), count("1")), (3, 3));
}
