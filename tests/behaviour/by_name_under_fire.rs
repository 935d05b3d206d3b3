//! Clients that send ever new label values, from many threads at once, while others record and read.

use instrumetrics::{
    FamilySnapshot, Metrics, Value, create_prometheus_exporter, metrics, snapshot,
};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

#[metrics(namespace = "fire")]
mod declared {
    use instrumetrics::Counter;

    /// Recorded by name and by handle while others divert.
    pub fn bystanders_total(who: &str) -> Counter;
}

const THREADS: u64 = 8;

/// Distinct label sets in all. A debug build makes a tenth.
const DISTINCT: u64 = if cfg!(debug_assertions) {
    100_000
} else {
    1_000_000
};

const CAP: usize = 2_000;

fn sum(family: &FamilySnapshot) -> u64 {
    let counts = family.series.iter().map(|series| match series.value {
        Value::Count(count) => count,
        ref other => panic!("{other:?}"),
    });
    counts.sum()
}

fn diverted() -> f64 {
    // Nothing else in this binary diverts an `increment_by`.
    let labels = [
        ("operation", "increment_by"),
        ("error_type", "label_combinations"),
    ];
    let name = "metrics_resource_errors_total";
    snapshot().counter(name, &labels).unwrap_or(0.0)
}

#[test]
fn the_cap_holds_and_nothing_is_lost_under_a_flood_of_label_values() {
    let metrics = Metrics::builder()
        .exporter(create_prometheus_exporter().unwrap())
        .max_label_combinations(CAP)
        .propagate_errors(true)
        .build();
    // These have their places before the flood.
    let record = |by: u64, name: &str, labels: &[(&str, &str)]| {
        let grown = metrics.increment_by(name, by, labels);
        grown.into_inner().unwrap();
    };
    for who in 0..THREADS {
        record(0, "calm_total", &[("who", &who.to_string())]);
    }
    let places = CAP as u64 - THREADS;
    let before = diverted();
    let (done, reads) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut last = 0;
            while !done.load(Relaxed) {
                assert!(metrics.series_count() <= CAP);
                let now = metrics.snapshot();
                if let Some(flood) = now.families().find(|family| family.name == "flood_total") {
                    assert!(flood.series.len() as u64 <= places + 1);
                    let sum = sum(flood);
                    assert!(sum >= last, "{sum} after {last}");
                    last = sum;
                }
                reads.fetch_add(1, Relaxed);
            }
        });
        let writers: Vec<_> = (0..THREADS)
            .map(|thread| {
                let record = &record;
                scope.spawn(move || {
                    let who = thread.to_string();
                    let handle = declared::bystanders_total(&who);
                    for n in 0..DISTINCT / THREADS {
                        let value = format!("{thread}/{n}");
                        record(1, "flood_total", &[("path", &value), ("client", &who)]);
                        record(3, "calm_total", &[("who", &who)]);
                        record(1, "fire_bystanders_total", &[("who", &who)]);
                        handle.inc();
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        done.store(true, Relaxed);
        reader.join().unwrap();
    });
    assert!(reads.load(Relaxed) > 0);
    assert_eq!(metrics.series_count(), CAP);
    let now = metrics.snapshot();
    let family = |name| now.families().find(|family| family.name == name).unwrap();
    let flood = family("flood_total");
    assert_eq!(flood.series.len() as u64, places + 1);
    assert_eq!(sum(flood), DISTINCT);
    let overflow = [("client", "__overflow__"), ("path", "__overflow__")];
    let over = now.counter("flood_total", &overflow);
    assert_eq!(over, Some((DISTINCT - places) as f64));
    assert_eq!(diverted() - before, (DISTINCT - places) as f64);
    let each = DISTINCT / THREADS;
    for who in 0..THREADS {
        let who = who.to_string();
        let labels = [("who", &*who)];
        let count = |name| now.counter(name, &labels);
        assert_eq!(count("calm_total"), Some((3 * each) as f64));
        assert_eq!(count("fire_bystanders_total"), Some((2 * each) as f64));
    }
}
