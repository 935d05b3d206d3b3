//! Memory is bounded whatever clients send, and totals stay exact.

use instrumetrics::{LabelValue, metrics, snapshot, timed};

#[derive(Clone, Copy, LabelValue)]
enum Door {
    Front,
    Back,
}

#[metrics]
mod gate {
    use super::Door;
    use instrumetrics::{Counter, Histogram};

    /// Knocks.
    #[metric(max_series = 20)]
    pub fn knocks_total(who: &str, door: Door) -> Counter;

    /// Visits.
    #[metric(max_series = 5)]
    pub fn visit_seconds(who: &str) -> Histogram;

    /// Names that are too long.
    pub fn shouts_total(who: &str) -> Counter;
}

fn resource_errors(error_type: &str) -> f64 {
    let labels = [("operation", "record"), ("error_type", error_type)];
    let name = "metrics_resource_errors_total";
    snapshot().counter(name, &labels).unwrap_or(0.0)
}

#[test]
fn the_excess_goes_to_the_overflow_series_exactly() {
    let before = resource_errors("label_combinations");
    std::thread::scope(|scope| {
        for thread in 0..8 {
            scope.spawn(move || {
                for i in 0..1000 {
                    let door = if i % 2 == 0 { Door::Front } else { Door::Back };
                    gate::knocks_total(&format!("{thread}/{i}"), door).inc();
                }
            });
        }
    });
    for i in 0..10 {
        gate::visit_seconds(&i.to_string()).observe(0.5);
    }
    let snapshot = snapshot();
    let knocks = snapshot
        .families()
        .find(|family| family.name == "knocks_total")
        .unwrap();
    let overflow = |door| {
        let labels = [("who", "__overflow__"), ("door", door)];
        snapshot.counter("knocks_total", &labels).unwrap()
    };
    assert_eq!(
        knocks.series.len(),
        20 + 2,
        "the enum label keeps its value"
    );
    assert!((overflow("Front") + overflow("Back") - 7980.0).abs() < f64::EPSILON);
    let visits = snapshot
        .histogram("visit_seconds", &[("who", "__overflow__")])
        .unwrap();
    assert_eq!(visits.count(), 5);
    let diverted = resource_errors("label_combinations") - before;
    assert!((diverted - 7985.0).abs() < f64::EPSILON, "{diverted}");
}

#[test]
fn a_value_that_is_too_long_is_cut_and_counted() {
    let before = resource_errors("value_truncated");
    gate::shouts_total(&"é".repeat(1000)).inc();
    gate::shouts_total(&"é".repeat(2000)).inc();
    let cut = "é".repeat(128);
    let shouts = snapshot().counter("shouts_total", &[("who", &cut)]);
    assert_eq!(shouts, Some(2.0));
    assert!((resource_errors("value_truncated") - before - 2.0).abs() < f64::EPSILON);
}

#[timed("greeting_seconds", labels(who), outcome)]
fn greet(who: &str) -> Result<(), ()> {
    if who == "nobody" { Err(()) } else { Ok(()) }
}

#[test]
fn labels_kept_across_a_call_do_not_mix() {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for i in 0..500 {
                    let _ = greet(&format!("guest {}", i % 50));
                    let _ = greet("nobody");
                }
            });
        }
    });
    let snapshot = snapshot();
    let count = |who: &str, outcome| {
        let labels = [("who", who), ("outcome", outcome)];
        snapshot
            .histogram("greeting_seconds", &labels)
            .map(|histogram| histogram.count())
    };
    for i in 0..50 {
        assert_eq!(count(&format!("guest {i}"), "success"), Some(40));
        assert_eq!(count(&format!("guest {i}"), "error"), None);
    }
    assert_eq!(count("nobody", "error"), Some(2000));
}
