//! Scopes: tests that run at the same time see their own numbers only.
//!
//! Long, since every instrument is tried in every way of entering and leaving a scope.

use instrumetrics::testing::{Scope, assert_counter, assert_gauge, assert_histogram};
use instrumetrics::{
    Format, LabelValue, Metrics, Outcome, counted, create_prometheus_exporter, job_metric, metrics,
    render, snapshot, timed,
};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

#[derive(Clone, Copy, LabelValue)]
#[label(rename_all = "snake_case")]
enum Side {
    Left,
    Right,
}

#[metrics(namespace = "scoped")]
mod scoped {
    use super::Side;
    use instrumetrics::{Counter, Gauge, Histogram, Jobs};

    /// Steps.
    pub fn steps_total() -> Counter;

    /// Turns.
    pub fn turns_total(side: Side) -> Counter;

    /// Visits.
    pub fn visits_total(page: &str) -> Counter;

    /// Fuel.
    pub fn fuel_liters_total(kind: &str) -> Counter<f64>;

    /// Seats taken.
    pub fn seats() -> Gauge;

    /// Level.
    pub fn level_ratio(tank: &str) -> Gauge;

    /// Weight.
    pub fn weight_grams(scale: &str) -> Gauge;

    /// Wait.
    pub fn wait_seconds(desk: &str) -> Histogram;

    /// Jobs across the edge of a scope.
    #[metric(prefix = "edge")]
    pub fn edge_jobs() -> Jobs;

    /// Recorded in destructors.
    pub fn last_words_total() -> Counter;

    /// Recorded by more threads than there are pages.
    pub fn crowd_total() -> Counter;

    /// Recorded on either side of a panic.
    pub fn falls_total() -> Counter;

    /// Recorded by nested scopes.
    pub fn nested_total() -> Counter;

    /// Reset.
    pub fn resets_total() -> Counter;

    /// Polled by one thread after another.
    pub fn polls_total() -> Counter;
}

/// Polls once, without anything that would wake.
fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

async fn never() {
    std::future::pending::<()>().await;
}

#[test]
fn scopes_at_the_same_time_see_their_own_numbers_exactly() {
    const TASKS: u64 = 24;
    const ROUNDS: u64 = 400;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .build()
        .unwrap();
    let migrated = Arc::new(AtomicUsize::new(0));
    let task = |by: u64, migrated: Arc<AtomicUsize>| async move {
        let mut threads = HashSet::new();
        for _ in 0..ROUNDS {
            scoped::steps_total().inc_by(by);
            scoped::visits_total("home").inc();
            scoped::wait_seconds("a").observe(0.25 * by as f64);
            scoped::seats().add(by);
            threads.insert(thread::current().id());
            tokio::task::yield_now().await;
        }
        migrated.fetch_add(usize::from(threads.len() > 1), Ordering::Relaxed);
    };
    let scopes = [Scope::new(), Scope::new()];
    runtime.block_on(async {
        let mut tasks = Vec::new();
        for _ in 0..TASKS {
            for (scope, by) in scopes.iter().zip([1, 3]) {
                tasks.push(tokio::spawn(scope.run(task(by, Arc::clone(&migrated)))));
            }
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert!(
        migrated.load(Ordering::Relaxed) > 0,
        "no task moved to another thread"
    );
    let rounds = TASKS * ROUNDS;
    for (scope, by) in scopes.iter().zip([1, 3]) {
        assert_counter!(scope, "scoped_steps_total", rounds * by);
        assert_counter!(scope, "scoped_visits_total", {"page" => "home"}, rounds);
        let sum = 0.25 * (by * rounds) as f64;
        assert_histogram!(scope, "scoped_wait_seconds", {"desk" => "a"}, count = rounds, sum = sum);
        assert_gauge!(scope, "scoped_seats", rounds * by);
    }
    assert_eq!(
        scoped::steps_total().value(),
        0,
        "in the process nothing was recorded"
    );
    assert_eq!(scoped::wait_seconds("a").count(), 0);
    assert_eq!(scoped::seats().value(), 0.0);
}

#[test]
fn a_future_may_be_polled_by_one_thread_after_another() {
    let scope = Scope::new();
    let mut future = Box::pin(scope.run(async {
        for _ in 0..4 {
            scoped::polls_total().inc();
            tokio::task::yield_now().await;
        }
        scoped::polls_total().value()
    }));
    let value = loop {
        // Each poll on a thread of its own, which has recorded in the process before and does after.
        let polled = thread::spawn(move || {
            scoped::polls_total().inc();
            let polled = poll_once(future.as_mut());
            scoped::polls_total().inc();
            (future, polled)
        });
        let (back, polled) = polled.join().unwrap();
        future = back;
        if let Poll::Ready(value) = polled {
            break value;
        }
    };
    assert_eq!(value, 4, "what is read inside is the scope's");
    assert_eq!(scoped::polls_total().value(), 10, "five polls, twice each");
}

#[test]
fn a_spawned_task_or_thread_is_put_into_the_scope_by_hand() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let scope = Scope::new();
    runtime.block_on(scope.run(async {
        scoped::visits_total("spawn").inc();
        let inherited = tokio::spawn(async { Scope::current().is_some() });
        assert!(!inherited.await.unwrap());
        let here = Scope::current().unwrap();
        tokio::spawn(here.run(async { scoped::visits_total("spawn").inc() }))
            .await
            .unwrap();
        thread::spawn(move || here.enter(|| scoped::visits_total("spawn").inc()))
            .join()
            .unwrap();
    }));
    assert_counter!(scope, "scoped_visits_total", {"page" => "spawn"}, 3);
    assert!(Scope::current().is_none());
}

#[timed("scoped_waits_duration_seconds", outcome, in_flight)]
async fn waits() -> Result<(), ()> {
    never().await;
    Ok(())
}

#[test]
fn a_future_that_is_dropped_between_polls_is_cancelled_in_its_scope() {
    let scope = Scope::new();
    let mut call = Box::pin(scope.run(waits()));
    assert!(poll_once(call.as_mut()).is_pending());
    assert_gauge!(scope, "scoped_waits_in_flight", 1);
    // On another thread, outside of the scope.
    thread::spawn(|| drop(call)).join().unwrap();
    assert_gauge!(scope, "scoped_waits_in_flight", 0);
    assert_histogram!(scope, "scoped_waits_duration_seconds", {"outcome" => Outcome::Cancelled}, count = 1);
    let process = snapshot();
    assert_gauge!(process, "scoped_waits_in_flight", 0);
    assert_histogram!(process, "scoped_waits_duration_seconds", {"outcome" => Outcome::Cancelled}, count = 0);
}

#[counted("scoped_stumbles_total", outcome)]
fn stumble() {
    panic!("as asked");
}

#[test]
fn a_panic_leaves_the_scope() {
    let scope = Scope::new();
    let inside = catch_unwind(AssertUnwindSafe(|| {
        scope.enter(|| {
            scoped::falls_total().inc();
            stumble();
        });
    }));
    assert!(inside.is_err() && Scope::current().is_none());
    scoped::falls_total().inc_by(10);
    let mut future = Box::pin(scope.run(async {
        scoped::falls_total().inc();
        stumble();
    }));
    assert!(catch_unwind(AssertUnwindSafe(|| poll_once(future.as_mut()))).is_err());
    assert!(Scope::current().is_none());
    drop(future);
    scoped::falls_total().inc_by(10);
    assert_counter!(scope, "scoped_falls_total", 2);
    assert_counter!(scope, "scoped_stumbles_total", {"outcome" => "panicked"}, 2);
    assert_counter!(snapshot(), "scoped_falls_total", 20);
    assert_counter!(snapshot(), "scoped_stumbles_total", {"outcome" => "panicked"}, 0);
}

#[test]
fn of_nested_scopes_the_innermost_records() {
    let (outer, inner) = (Scope::new(), Scope::new());
    let count = || scoped::nested_total().inc();
    // On a new thread, so that its first page is leased after it was in scopes.
    let counts = thread::spawn({
        let (outer, inner) = (outer.clone(), inner.clone());
        move || {
            outer.enter(|| {
                count();
                inner.enter(|| {
                    count();
                    count();
                    // The outer one once more, and the inner one of itself.
                    outer.enter(count);
                    inner.enter(count);
                    assert_eq!(scoped::nested_total().value(), 3);
                });
                assert_eq!(scoped::nested_total().value(), 2, "the outer one again");
                count();
            });
            count();
            // It owns a page now, which must be the same afterwards.
            outer.enter(|| inner.enter(count));
            count();
        }
    });
    counts.join().unwrap();
    assert_counter!(outer, "scoped_nested_total", 3);
    assert_counter!(inner, "scoped_nested_total", 4);
    assert_counter!(snapshot(), "scoped_nested_total", 2);
}

#[test]
fn a_reset_starts_again_at_zero() {
    let scope = Scope::new();
    let record = || {
        scoped::resets_total().inc();
        scoped::fuel_liters_total("reset").inc_by(1.5);
        scoped::level_ratio("reset").set(0.5);
        scoped::wait_seconds("reset").observe(2);
    };
    let check = |scope: &Scope| {
        assert_counter!(scope, "scoped_resets_total", 1);
        assert_counter!(scope, "scoped_fuel_liters_total", {"kind" => "reset"}, 1.5);
        assert_gauge!(scope, "scoped_level_ratio", {"tank" => "reset"}, 0.5);
        assert_histogram!(scope, "scoped_wait_seconds", {"desk" => "reset"}, count = 1, sum = 2);
    };
    for _ in 0..3 {
        thread::scope(|threads| {
            threads.spawn(|| scope.enter(record)).join().unwrap();
        });
        check(&scope);
        scope.reset();
        let empty = scope.snapshot();
        assert_eq!(empty.counter("scoped_resets_total", &[]), Some(0.0));
        assert_eq!(
            empty.gauge("scoped_level_ratio", &[("tank", "reset")]),
            None
        );
        assert_eq!(
            empty.histogram("scoped_wait_seconds", &[("desk", "reset")]),
            None
        );
    }
    // From within, where the thread's own page is one of those that are reset.
    scope.enter(|| {
        record();
        scope.reset();
        record();
    });
    check(&scope);
    // What a scope leaves behind is nothing to the next.
    drop(scope);
    for _ in 0..8 {
        let next = Scope::new();
        assert_counter!(next, "scoped_resets_total", 0);
        next.enter(record);
        check(&next);
    }
    assert_eq!(scoped::resets_total().value(), 0);
}

#[test]
fn gauges_have_a_value_in_each_scope() {
    let (one, other) = (Scope::new(), Scope::new());
    scoped::level_ratio("own").set(0.9);
    let handle = scoped::level_ratio("own");
    one.enter(|| {
        assert_eq!(handle.value(), 0.0);
        handle.add(0.5);
        handle.sub(0.25);
        assert_eq!(handle.value(), 0.25);
    });
    // Zero is a value too.
    other.enter(|| handle.set(0));
    assert_gauge!(one, "scoped_level_ratio", {"tank" => "own"}, 0.25);
    assert_gauge!(other, "scoped_level_ratio", {"tank" => "own"}, 0);
    assert_gauge!(snapshot(), "scoped_level_ratio", {"tank" => "own"}, 0.9);
    assert_eq!(
        Scope::new()
            .snapshot()
            .gauge("scoped_level_ratio", &[("tank", "own")]),
        None
    );
    // A closure belongs to the gauge, and so is asked everywhere; it is asked inside of the scope.
    one.enter(|| {
        scoped::weight_grams("asked").observe_with(|| 2.0 * scoped::level_ratio("own").value());
    });
    assert_gauge!(one, "scoped_weight_grams", {"scale" => "asked"}, 0.5);
    assert_gauge!(snapshot(), "scoped_weight_grams", {"scale" => "asked"}, 1.8);
    assert_eq!(
        other
            .snapshot()
            .gauge("scoped_weight_grams", &[("scale", "asked")]),
        None
    );
}

#[test]
fn dynamic_series_are_left_out_until_recorded_and_known_ones_are_there() {
    scoped::visits_total("elsewhere").inc();
    scoped::wait_seconds("elsewhere").observe(1);
    let scope = Scope::new();
    let empty = scope.snapshot();
    assert_eq!(
        empty.counter("scoped_visits_total", &[("page", "elsewhere")]),
        None
    );
    assert_eq!(
        empty.histogram("scoped_wait_seconds", &[("desk", "elsewhere")]),
        None
    );
    assert_eq!(
        empty.counter("scoped_turns_total", &[("side", "left")]),
        Some(0.0)
    );
    scope.enter(|| {
        let text = render();
        assert!(!text.contains("elsewhere"), "{text}");
        assert!(text.contains("\nscoped_turns_total{side=\"left\"} 0\n"));
        scoped::turns_total(Side::Left).inc();
        scoped::visits_total("here").inc();
        scoped::wait_seconds("here").observe(-1);
        let text = render();
        assert!(text.contains("\nscoped_turns_total{side=\"left\"} 1\n"));
        assert!(text.contains("\nscoped_visits_total{page=\"here\"} 1\n"));
        assert!(text.contains("\nscoped_wait_seconds_sum{desk=\"here\"} -1\n"));
    });
    let text = render();
    assert!(text.contains("\nscoped_visits_total{page=\"elsewhere\"} 1\n"));
    assert!(text.contains("\nscoped_turns_total{side=\"left\"} 0\n"));
}

#[tokio::test]
async fn metrics_by_name_are_in_the_scope_too() {
    let exporter = create_prometheus_exporter().unwrap();
    let metrics = Metrics::new(exporter.clone());
    let labels = [("method", "GET")];
    metrics
        .increment("scoped_requests_total", &labels)
        .await
        .unwrap();
    let scope = Scope::new();
    scope
        .run(async {
            metrics
                .increment_by("scoped_requests_total", 2, &labels)
                .await
                .unwrap();
            metrics.set_gauge("scoped_pool_size", 7, &[]).await.unwrap();
            metrics
                .increment_gauge("scoped_pool_size", 1, &[])
                .await
                .unwrap();
            metrics
                .observe_histogram("scoped_took_seconds", 0.5, &[])
                .await
                .unwrap();
            metrics
                .counter("scoped_requests_total", &[("method", "PUT")])
                .inc();
            assert_counter!("scoped_requests_total", [("method", "GET")], 2);
            assert_counter!(metrics, "scoped_requests_total", [("method", "GET")], 2);
            let text = exporter.encode(Format::Text);
            assert!(
                text.contains("scoped_requests_total{method=\"GET\"} 2\n"),
                "{text}"
            );
            // The detour through the other crate's model sees the same.
            let gathered = exporter.registry().gather();
            let ours = gathered
                .iter()
                .find(|family| family.name() == "scoped_requests_total");
            assert_eq!(ours.unwrap().get_metric()[0].get_counter().get_value(), 2.0);
        })
        .await;
    let seen = scope.snapshot();
    assert_counter!(seen, "scoped_requests_total", labels, 2);
    assert_counter!(seen, "scoped_requests_total", {"method" => "PUT"}, 1);
    assert_gauge!(seen, "scoped_pool_size", 8);
    assert_histogram!(seen, "scoped_took_seconds", count = 1, sum = 0.5);
    assert_counter!(metrics, "scoped_requests_total", labels, 1);
    assert_eq!(
        metrics
            .snapshot()
            .counter("scoped_requests_total", &[("method", "PUT")]),
        Some(0.0)
    );
    // Another set of the same names in the same scope.
    let others = Metrics::new(create_prometheus_exporter().unwrap());
    let labels = [("method", "DELETE")];
    scope
        .enter(|| others.increment("scoped_requests_total", &labels))
        .await
        .unwrap();
    assert_counter!(scope, "scoped_requests_total", labels, 1);
    assert_counter!(scope, "scoped_requests_total", {"method" => "GET"}, 2);
    let value = scope.snapshot().counter("scoped_requests_total", &labels);
    assert_eq!(value, Some(1.0));
}

#[test]
fn what_the_library_refuses_is_counted_in_the_scope() {
    let scope = Scope::new();
    scope.enter(|| scoped::seats().set(f64::NAN));
    let labels = [
        ("metric_name", "scoped_seats"),
        ("operation", "record"),
        ("error_type", "invalid_value"),
    ];
    assert_counter!(scope, "metrics_validation_errors_total", labels, 1);
    assert_counter!(snapshot(), "metrics_validation_errors_total", labels, 0);
    // What the process is and how many series it has is the same everywhere.
    assert_gauge!(scope, "metrics_series_limit", 1..);
    assert_gauge!(snapshot(), "metrics_build_info", {"version" => env!("CARGO_PKG_VERSION")}, 1);
}

#[job_metric(kind, namespace = "scoped_import")]
async fn import(kind: &str, work: impl Future<Output = Result<(), ()>>) -> Result<(), ()> {
    work.await
}

#[tokio::test]
async fn a_job_is_recorded_whole_in_its_scope() {
    let scope = Scope::new();
    scope.run(import("csv", async { Ok(()) })).await.unwrap();
    scope
        .run(import("csv", async { Err(()) }))
        .await
        .unwrap_err();
    let mut running = Box::pin(scope.run(import("csv", std::future::pending())));
    assert!(poll_once(running.as_mut()).is_pending());
    assert_gauge!(scope, "scoped_import_jobs_processing", 1);
    drop(running);
    assert_gauge!(scope, "scoped_import_jobs_processing", 0);
    for status in ["success", "error", "cancelled"] {
        assert_counter!(scope, "scoped_import_jobs_completed_total", {"kind" => "csv", "status" => status}, 1);
    }
    assert_histogram!(scope, "scoped_import_job_duration_seconds", {"kind" => "csv"}, count = 3);
    let process = snapshot();
    assert_counter!(process, "scoped_import_jobs_completed_total", {"kind" => "csv", "status" => "success"}, 0);
    assert_gauge!(process, "scoped_import_jobs_processing", 0);
}

#[test]
fn a_call_ends_where_it_began() {
    let completed = |scope: &Scope, count: u64| {
        assert_counter!(scope, "scoped_edge_jobs_completed_total", {"status" => "success"}, count);
        assert_histogram!(scope, "scoped_edge_job_duration_seconds", count = count);
        assert_gauge!(scope, "scoped_edge_jobs_processing", 0);
    };
    let process = |count: u64| {
        let process = snapshot();
        assert_counter!(process, "scoped_edge_jobs_completed_total", {"status" => "success"}, count);
        assert_histogram!(process, "scoped_edge_job_duration_seconds", count = count);
        assert_gauge!(process, "scoped_edge_jobs_processing", 0);
    };
    let (scope, other) = (Scope::new(), Scope::new());
    // Begun inside, ended outside: on this thread, on one that never recorded, and in another scope.
    let job = scope.enter(|| scoped::edge_jobs().start());
    assert_gauge!(scope, "scoped_edge_jobs_processing", 1);
    job.finish(Outcome::Success);
    completed(&scope, 1);
    let job = scope.enter(|| scoped::edge_jobs().start());
    thread::spawn(|| job.finish(Outcome::Success))
        .join()
        .unwrap();
    completed(&scope, 2);
    let job = scope.enter(|| scoped::edge_jobs().start());
    other.enter(|| job.finish(Outcome::Success));
    completed(&scope, 3);
    completed(&other, 0);
    process(0);
    // Begun outside, ended inside: on this thread, and on one that never recorded and does so afterwards.
    let job = scoped::edge_jobs().start();
    scope.enter(|| job.finish(Outcome::Success));
    process(1);
    let job = scoped::edge_jobs().start();
    thread::spawn({
        let scope = scope.clone();
        move || {
            scope.enter(|| job.finish(Outcome::Success));
            scoped::edge_jobs().start().finish(Outcome::Success);
        }
    })
    .join()
    .unwrap();
    process(3);
    completed(&scope, 3);
    // Its scope was reset, or is gone and used again: nobody sees the end.
    let job = scope.enter(|| scoped::edge_jobs().start());
    scope.reset();
    scope.enter(|| job.finish(Outcome::Success));
    completed(&scope, 0);
    let gone = Scope::new();
    let job = gone.enter(|| scoped::edge_jobs().start());
    drop(gone);
    let next = Scope::new();
    next.enter(|| job.finish(Outcome::Success));
    completed(&next, 0);
    process(3);
    // A timer is a call as well.
    let timer = scope.enter(|| scoped::wait_seconds("edge").start_timer());
    assert!(timer.stop() < Duration::from_secs(60));
    assert_histogram!(scope, "scoped_wait_seconds", {"desk" => "edge"}, count = 1);
    assert_eq!(scoped::wait_seconds("edge").count(), 0);
}

#[test]
fn a_scope_can_be_entered_while_a_thread_ends() {
    struct Last(Scope);
    impl Drop for Last {
        fn drop(&mut self) {
            self.0.enter(|| scoped::last_words_total().inc());
            scoped::last_words_total().inc_by(100);
        }
    }
    thread_local!(static LAST: std::cell::RefCell<Option<Last>> = const { std::cell::RefCell::new(None) });
    let scope = Scope::new();
    for first in [true, false] {
        let scope = scope.clone();
        thread::spawn(move || {
            // Both orders of destruction: before and after the thread's page is given back.
            if first {
                scoped::last_words_total().inc_by(100);
            }
            LAST.with(|last| *last.borrow_mut() = Some(Last(scope)));
            if !first {
                scoped::last_words_total().inc_by(100);
            }
        })
        .join()
        .unwrap();
    }
    assert_counter!(scope, "scoped_last_words_total", 2);
    assert_counter!(snapshot(), "scoped_last_words_total", 400);
}

#[test]
fn threads_without_a_page_of_their_own_are_in_the_scope_too() {
    const THREADS: u64 = 48;
    const ROUNDS: u64 = 200;
    let scope = Scope::new();
    let all = Barrier::new(usize::try_from(THREADS).unwrap());
    thread::scope(|threads| {
        for _ in 0..THREADS {
            threads.spawn(|| {
                scoped::crowd_total().inc();
                // All of them have recorded now, and most have found no page.
                all.wait();
                for _ in 0..ROUNDS {
                    scope.enter(|| scoped::crowd_total().inc());
                    scoped::crowd_total().inc();
                }
                all.wait();
            });
        }
    });
    assert_counter!(scope, "scoped_crowd_total", THREADS * ROUNDS);
    assert_counter!(snapshot(), "scoped_crowd_total", THREADS * (ROUNDS + 1));
}

#[test]
fn what_a_future_holds_is_dropped_in_the_scope() {
    struct Counts(Arc<Mutex<Vec<bool>>>);
    impl Drop for Counts {
        fn drop(&mut self) {
            self.0.lock().unwrap().push(Scope::current().is_some());
        }
    }
    let dropped = Arc::new(Mutex::new(Vec::new()));
    let scope = Scope::new();
    // Never polled, cancelled, and finished.
    let held = Counts(Arc::clone(&dropped));
    drop(scope.run(async move { drop(held) }));
    for finishes in [false, true] {
        let held = Counts(Arc::clone(&dropped));
        let future = async move {
            if !finishes {
                never().await;
            }
            drop(held);
        };
        let mut future = Box::pin(scope.run(future));
        assert_eq!(poll_once(future.as_mut()).is_ready(), finishes);
        drop(future);
    }
    assert_eq!(*dropped.lock().unwrap(), [true; 3]);
    let future = pin!(scope.run(std::future::ready(7)));
    assert_eq!(poll_once(future), Poll::Ready(7));
}
