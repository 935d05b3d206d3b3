use super::super::{Metrics, lookup};
use crate::descriptor::{Descriptor, Kind};
use crate::family::{Definition, Family, Origin, Shape};
use crate::instrument::Counter;
use crate::outcome::Outcome;
use crate::{cells, create_prometheus_exporter};
use std::sync::Arc;

/// Two looks at this distance make a series idle.
const IDLE: u64 = 100;

fn metrics() -> Metrics {
    Metrics::builder()
        .exporter(create_prometheus_exporter().unwrap())
        .propagate_errors(true)
        .build()
}

fn sweep(metrics: &Metrics, now: u64) {
    metrics.inner.registry.sweep_at(now, IDLE, |_| ());
}

fn increment(metrics: &Metrics, name: &str, label: &str) {
    let done = metrics.increment(name, &[("n", label)]);
    done.into_inner().unwrap();
}

fn count(metrics: &Metrics, name: &str, label: &str) -> Option<f64> {
    metrics.snapshot().counter(name, &[("n", label)])
}

#[test]
fn what_is_idle_goes_and_begins_at_zero_and_what_is_active_stays() {
    let metrics = metrics();
    increment(&metrics, "swept_total", "idle");
    increment(&metrics, "swept_total", "active");
    sweep(&metrics, 0);
    sweep(&metrics, IDLE - 1);
    increment(&metrics, "swept_total", "active");
    assert_eq!(count(&metrics, "swept_total", "idle"), Some(1.0));
    sweep(&metrics, IDLE);
    assert_eq!(count(&metrics, "swept_total", "idle"), None);
    assert_eq!(count(&metrics, "swept_total", "active"), Some(2.0));
    assert_eq!(metrics.series_count(), 1);
    increment(&metrics, "swept_total", "idle");
    assert_eq!(count(&metrics, "swept_total", "idle"), Some(1.0));
    sweep(&metrics, 2 * IDLE - 1);
    assert_eq!(count(&metrics, "swept_total", "active"), Some(2.0));
    sweep(&metrics, 2 * IDLE);
    assert_eq!(count(&metrics, "swept_total", "active"), None);
}

#[test]
fn a_handle_keeps_its_series() {
    let metrics = metrics();
    let labels = [("n", "x")];
    let counter = metrics.counter("pinned_total", &labels);
    let histogram = metrics.histogram("pinned_seconds", &labels);
    let gauge = metrics.gauge("pinned_level", &labels);
    // A clone keeps it, too, and on another thread.
    let clone = counter.clone();
    drop(counter);
    let clone = std::thread::spawn(move || clone).join().unwrap();
    for look in 0..4 {
        sweep(&metrics, look * IDLE);
    }
    assert_eq!(metrics.series_count(), 3);
    clone.inc();
    histogram.observe(1);
    gauge.set(4);
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.counter("pinned_total", &labels), Some(1.0));
    let observed = snapshot.histogram("pinned_seconds", &labels);
    assert_eq!(observed.unwrap().count(), 1);
    assert_eq!(snapshot.gauge("pinned_level", &labels), Some(4.0));
    drop((clone, histogram, gauge));
    sweep(&metrics, 5 * IDLE);
    assert_eq!(metrics.series_count(), 3);
    sweep(&metrics, 6 * IDLE);
    assert_eq!(metrics.series_count(), 0);
}

#[test]
fn a_gauge_that_is_set_to_the_same_value_stays() {
    let metrics = metrics();
    for name in ["set", "left"] {
        metrics.set_gauge(name, 1, &[]).into_inner().unwrap();
    }
    let asked = metrics.gauge("asked", &[]);
    asked.observe_with(|| 7);
    drop(asked);
    // Who only reads holds nothing.
    let read = metrics.inner.registry.find("left").unwrap().all();
    assert_eq!(read.len(), 1);
    for look in 0..5 {
        metrics.set_gauge("set", 1, &[]).into_inner().unwrap();
        assert_eq!(metrics.snapshot().gauge("set", &[]), Some(1.0));
        sweep(&metrics, look * IDLE);
    }
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.gauge("set", &[]), Some(1.0));
    assert_eq!(snapshot.gauge("asked", &[]), Some(7.0));
    assert_eq!(snapshot.gauge("left", &[]), None);
    drop(read);
    metrics
        .increment_gauge("left", 2, &[])
        .into_inner()
        .unwrap();
    assert_eq!(metrics.snapshot().gauge("left", &[]), Some(2.0));
}

#[test]
fn places_and_names_come_back() {
    let metrics = Metrics::builder()
        .exporter(create_prometheus_exporter().unwrap())
        .max_metrics(1)
        .max_label_combinations(1)
        .propagate_errors(true)
        .build();
    increment(&metrics, "first_total", "a");
    let second = |label| metrics.increment("second_total", &[("n", label)]);
    assert_eq!(
        second("b").into_inner().unwrap_err().error_type(),
        "limit_exceeded"
    );
    sweep(&metrics, 0);
    sweep(&metrics, IDLE);
    assert_eq!((metrics.metric_count(), metrics.series_count()), (0, 0));
    second("b").into_inner().unwrap();
    assert_eq!(count(&metrics, "second_total", "b"), Some(1.0));
    assert_eq!((metrics.metric_count(), metrics.series_count()), (1, 1));
}

#[test]
fn what_the_code_lists_never_goes() {
    let metrics = metrics();
    let registry = &metrics.inner.registry;
    let mut descriptor = Descriptor::counter("listed_total", "Listed.");
    descriptor.labels = &["outcome"];
    let dense = registry.register(
        Definition::from(&descriptor),
        Shape::of::<(Outcome,)>(),
        Origin::Declared,
    );
    descriptor.name = "reports_total";
    let own = registry.register(
        Definition::from(&descriptor),
        Shape::of::<(&str,)>(),
        Origin::Own,
    );
    own.with_cells(&["a"], |cells| cells::add(cells.numbers, 1));
    descriptor.name = "dynamic_total";
    let dynamic = registry.register(
        Definition::from(&descriptor),
        Shape::of::<(&str,)>(),
        Origin::Declared,
    );
    dynamic.with_cells(&["a"], |cells| cells::add(cells.numbers, 1));
    let lengths = |families: [&Family; 3]| families.map(|family| family.all().len());
    assert_eq!(lengths([&dense, &own, &dynamic]), [4, 1, 1]);
    for look in 0..3 {
        sweep(&metrics, look * IDLE);
    }
    assert_eq!(lengths([&dense, &own, &dynamic]), [4, 1, 0]);
    // A family of the code stays without a series, too.
    assert_eq!(metrics.metric_count(), 3);
}

/// A series as a thread finds it that is about to record.
fn found(metrics: &Metrics, name: &str, label: &str) -> Arc<crate::family::Series> {
    let wanted = lookup::Wanted {
        operation: "test",
        kind: Kind::Counter,
        name,
        labels: &[("n", label)],
        fraction: None,
    };
    lookup::look_up(&metrics.inner, wanted).unwrap().series
}

#[test]
fn what_is_recorded_while_a_series_goes_is_not_lost() {
    let metrics = metrics();
    increment(&metrics, "late_total", "x");
    let late = found(&metrics, "late_total", "x");
    sweep(&metrics, 0);
    sweep(&metrics, IDLE);
    assert_eq!(metrics.metric_count(), 0);
    // Into the series that went: the metric is there again, with this alone.
    cells::add(late.cell(), 3);
    assert_eq!(count(&metrics, "late_total", "x"), Some(3.0));
    assert_eq!(metrics.metric_count(), 1);
    // And beside one that came since.
    increment(&metrics, "late_total", "x");
    cells::add(late.cell(), 10);
    assert_eq!(count(&metrics, "late_total", "x"), Some(14.0));
    // The last word, when nothing else refers to it.
    cells::add(late.cell(), 100);
    drop(late);
    assert_eq!(count(&metrics, "late_total", "x"), Some(114.0));
}

#[test]
fn a_handle_taken_while_a_series_goes_keeps_one_of_its_labels() {
    let metrics = metrics();
    increment(&metrics, "kept_total", "x");
    let late = found(&metrics, "kept_total", "x");
    sweep(&metrics, 0);
    sweep(&metrics, IDLE);
    let handle = Counter::named(&late);
    drop(late);
    // What this thread remembers of it goes: the handle is the last that is left.
    increment(&metrics, "other_total", "x");
    for look in 2..6 {
        sweep(&metrics, look * IDLE);
        assert!(count(&metrics, "kept_total", "x").is_some());
    }
    assert_eq!(metrics.series_count(), 1);
    handle.inc_by(5);
    assert_eq!(count(&metrics, "kept_total", "x"), Some(5.0));
    drop(handle);
    for look in 6..9 {
        sweep(&metrics, look * IDLE);
    }
    assert_eq!((metrics.metric_count(), metrics.series_count()), (0, 0));
}

#[test]
fn a_metric_that_went_takes_nothing_more() {
    let metrics = metrics();
    increment(&metrics, "left_total", "x");
    let family = metrics.inner.registry.find("left_total").unwrap();
    assert!(family.series_of(&["y"]).is_ok());
    sweep(&metrics, 0);
    sweep(&metrics, IDLE);
    assert!(family.series_of(&["y"]).is_err());
    // What was on its way there makes a new one.
    increment(&metrics, "left_total", "y");
    assert_eq!(count(&metrics, "left_total", "y"), Some(1.0));
    metrics.inner.registry.remove(Kind::Counter, "left_total");
    let again = metrics.inner.registry.find("left_total");
    assert!(again.is_none() && family.series_of(&["y"]).is_err());
}

#[test]
fn a_removed_metric_does_not_come_back() {
    let metrics = metrics();
    increment(&metrics, "removed_total", "x");
    let late = found(&metrics, "removed_total", "x");
    sweep(&metrics, 0);
    increment(&metrics, "removed_total", "y");
    sweep(&metrics, IDLE);
    assert!(metrics.prometheus_exporter().is_some());
    metrics
        .inner
        .registry
        .remove(Kind::Counter, "removed_total");
    cells::add(late.cell(), 3);
    assert_eq!(metrics.metric_count(), 0);
    assert_eq!(count(&metrics, "removed_total", "x"), None);
    assert_eq!((metrics.metric_count(), metrics.series_count()), (0, 0));
}

#[test]
fn a_handle_of_a_removed_metric_records_into_no_other() {
    let metrics = metrics();
    let old = metrics.counter("gone_total", &[("n", "x")]);
    metrics.inner.registry.remove(Kind::Counter, "gone_total");
    assert_eq!(metrics.series_count(), 0);
    // This thread's memory of it goes.
    increment(&metrics, "other_total", "first");
    let others: Vec<Counter> = (0..50)
        .map(|n| metrics.counter("other_total", &[("n", &n.to_string())]))
        .collect();
    old.inc_by(7);
    assert!(others.iter().all(|other| other.value() == 0));
    assert_eq!(old.value(), 7);
}
