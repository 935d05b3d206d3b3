//! A clock set by hand.

use instrumetrics::testing::{Scope, assert_counter, assert_histogram};
use instrumetrics::{
    Metrics, MetricsResourceConfig, Outcome, create_prometheus_exporter, job_metric, metrics,
    snapshot, timed,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

#[metrics(namespace = "by_hand")]
mod by_hand {
    use instrumetrics::{Histogram, Jobs};

    /// Wait.
    pub fn wait_seconds() -> Histogram;

    /// Jobs.
    pub fn jobs() -> Jobs;
}

const STEP: Duration = Duration::from_millis(1500);

#[timed("by_hand_work_seconds")]
fn work(scope: &Scope) {
    scope.advance(STEP);
    std::thread::sleep(Duration::from_millis(2));
}

#[job_metric(namespace = "by_hand_import")]
async fn import(scope: &Scope) {
    tokio::time::sleep(Duration::from_secs(3600)).await;
    scope.advance(STEP);
}

#[test]
fn durations_are_what_was_advanced() {
    let scope = Scope::with_clock();
    scope.enter(|| {
        work(&scope);
        work(&scope);
        let timer = by_hand::wait_seconds().start_timer();
        scope.advance(Duration::from_secs(3600));
        assert_eq!(timer.stop(), Duration::from_secs(3600));
        // Nothing passes by itself.
        drop(by_hand::wait_seconds().start_timer());
    });
    assert_histogram!(scope, "by_hand_work_seconds", count = 2, sum = 3);
    assert_histogram!(scope, "by_hand_wait_seconds", count = 2, sum = 3600);
    assert_histogram!(snapshot(), "by_hand_work_seconds", count = 0);
}

// Tokio's own time, which is paused here, and the scope's have nothing to do with each other.
#[tokio::test(start_paused = true)]
async fn a_job_lasts_as_long_as_was_advanced() {
    let scope = Scope::with_clock();
    scope.run(import(&scope)).await;
    assert_histogram!(
        scope,
        "by_hand_import_job_duration_seconds",
        count = 1,
        sum = 1.5
    );
}

#[test]
fn a_call_is_timed_by_the_clock_of_the_scope_it_began_in() {
    let scope = Scope::with_clock();
    let job = scope.enter(|| by_hand::jobs().start());
    scope.advance(STEP);
    Scope::with_clock().enter(|| job.finish(Outcome::Success));
    assert_histogram!(scope, "by_hand_job_duration_seconds", count = 1, sum = 1.5);
    // A scope inside that has no clock goes by the system's.
    let inner = Scope::new();
    scope.enter(|| {
        inner.enter(|| {
            let job = by_hand::jobs().start();
            scope.advance(Duration::from_secs(3600));
            job.finish(Outcome::Success);
        });
    });
    assert_histogram!(
        inner,
        "by_hand_job_duration_seconds",
        count = 1,
        sum = 0.0..3600.0
    );
    // A reset does not turn the clock back.
    let timer = scope.enter(|| {
        scope.reset();
        by_hand::wait_seconds().start_timer()
    });
    scope.advance(STEP);
    drop(timer);
    assert_histogram!(scope, "by_hand_wait_seconds", count = 1, sum = 1.5);
}

#[tokio::test]
async fn limits_a_second_go_by_the_clock_and_each_scope_has_its_own() {
    let metrics = Metrics::builder()
        .exporter(create_prometheus_exporter().unwrap())
        .resource_config(MetricsResourceConfig {
            max_operations_per_second: 2,
            ..Default::default()
        })
        .propagate_errors(true)
        .build();
    let (one, other) = (Scope::with_clock(), Scope::with_clock());
    let passes = async |scope: &Scope| {
        let operation = async { metrics.increment("limited_by_hand_total", &[]).await };
        scope.run(operation).await.is_ok()
    };
    for _ in 0..3 {
        for scope in [&one, &other] {
            assert!(passes(scope).await && passes(scope).await && !passes(scope).await);
            scope.advance(Duration::from_millis(999));
            assert!(!passes(scope).await);
            scope.advance(Duration::from_millis(1));
        }
    }
    assert_counter!(one, "limited_by_hand_total", 6);
    // The process has two of its own.
    metrics
        .increment("limited_by_hand_total", &[])
        .await
        .unwrap();
}

#[test]
fn only_a_clock_can_be_advanced() {
    let scope = Scope::new();
    let panic = catch_unwind(AssertUnwindSafe(|| scope.advance(STEP))).unwrap_err();
    let message = panic.downcast_ref::<&str>().unwrap();
    assert!(message.contains("Scope::with_clock()"), "{message}");
}
