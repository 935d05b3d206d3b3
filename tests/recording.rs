//! Null: recording switched off for the process. In a binary of its own, since the switch is for all.

use instrumetrics::{
    counted, create_metrics_with_prometheus_exporter, create_null_exporter,
    create_prometheus_exporter, metrics, recording, set_recording, snapshot, timed,
};
use std::cell::Cell;

#[metrics(namespace = "off")]
mod off {
    use instrumetrics::{Counter, Gauge, Histogram, Jobs};

    /// Steps.
    pub fn steps_total() -> Counter;

    /// Level.
    pub fn level() -> Gauge;

    /// Wait.
    pub fn wait_seconds() -> Histogram;

    /// Jobs.
    pub fn jobs() -> Jobs;
}

thread_local!(static EVALUATED: Cell<u32> = const { Cell::new(0) });

fn label() -> &'static str {
    EVALUATED.set(EVALUATED.get() + 1);
    "x"
}

#[timed("off_call_seconds", labels(l = label()), outcome, in_flight)]
#[counted("off_calls_total", labels(l = label()))]
fn call(inside: impl FnOnce()) {
    inside();
}

#[test]
fn nothing_is_recorded_while_null_is_the_only_choice() {
    let count = |name| snapshot().counter(name, &[("l", "x")]).unwrap_or(0.0);
    let calls = || {
        let labels = [("l", "x"), ("outcome", "success")];
        snapshot()
            .histogram("off_call_seconds", &labels)
            .map_or(0, |histogram| histogram.count())
    };
    assert!(recording(), "undecided, everything is recorded");
    call(|| {});
    assert_eq!((calls(), EVALUATED.get()), (1, 2));

    let by_name = create_metrics_with_prometheus_exporter().unwrap();
    drop(by_name.increment("off_named_total", &[]));

    create_null_exporter().install();
    assert!(!recording());
    call(|| {});
    drop(by_name.increment("off_named_total", &[]));
    drop(by_name.increment_gauge("off_named_depth", 2, &[]));
    drop(by_name.observe_histogram("off_named_seconds", 2, &[]));
    drop(by_name.set_gauge("off_named_level", 7, &[]));
    let named = by_name.snapshot();
    assert_eq!(named.counter("off_named_total", &[]), Some(1.0));
    assert_ne!(named.gauge("off_named_depth", &[]), Some(2.0));
    let observed = named.histogram("off_named_seconds", &[]);
    assert_eq!(observed.map_or(0, |histogram| histogram.count()), 0);
    assert_eq!(named.gauge("off_named_level", &[]), Some(7.0));
    off::steps_total().inc();
    off::steps_total().inc_by(5);
    off::wait_seconds().observe(1);
    drop(off::wait_seconds().start_timer());
    off::jobs().submitted();
    drop(off::jobs().start());
    off::level().inc();
    off::level().set(7);
    assert_eq!((calls(), EVALUATED.get()), (1, 2), "no label was evaluated");
    assert!((count("off_calls_total") - 1.0).abs() < f64::EPSILON);
    assert_eq!(off::steps_total().value(), 0);
    assert_eq!(off::wait_seconds().count(), 0);
    let completed = snapshot().counter("off_jobs_completed_total", &[("status", "cancelled")]);
    assert_eq!(completed, Some(0.0));
    assert!(
        (off::level().value() - 7.0).abs() < f64::EPSILON,
        "a set gauge is stored"
    );

    // A guard decides once, on entry, and finishes what it began.
    set_recording(true);
    call(|| set_recording(false));
    assert_eq!(calls(), 2);
    assert_eq!(snapshot().gauge("off_call_in_flight", &[]), Some(0.0));
    call(|| set_recording(true));
    assert_eq!(calls(), 2);
    assert_eq!(snapshot().gauge("off_call_in_flight", &[]), Some(0.0));

    set_recording(false);
    create_prometheus_exporter().unwrap();
    assert!(recording(), "another exporter switches it on again");
}
