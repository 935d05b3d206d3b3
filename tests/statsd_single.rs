//! Recordings sent one by one to a StatsD server.
//!
//! In a binary of its own, one test at a time: an exporter of this kind hears of every recording of the process.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test")]
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "the grammar and the rig do more than is needed here"
)]

#[path = "behaviour/statsd/grammar.rs"]
mod grammar;
#[path = "behaviour/statsd/rig.rs"]
mod rig;

use instrumetrics::{Metrics, StatsdConfig, StatsdDialect, counted, timed};
use rig::{Rig, wait};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// One test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn singly(change: impl FnOnce(&mut StatsdConfig)) -> Rig {
    let mut rig = Rig::new(|config| {
        config.aggregate = false;
        change(config);
    });
    // What was recorded before comes first, added up.
    rig.flush("");
    rig
}

#[test]
fn every_recording_is_sent_by_itself() {
    #[timed("statsd_single_call_seconds")]
    #[counted("statsd_single_calls_total")]
    fn call() {}
    let _alone = alone();
    let mut rig = singly(|_| {});
    let metrics = rig.metrics.clone();
    for n in 1..=3_u32 {
        wait(metrics.increment_by("statsd_single_counted", n, &[("k", "v")])).unwrap();
        wait(metrics.set_gauge("statsd_single_set", n, &[])).unwrap();
        wait(metrics.observe_histogram("statsd_single_seconds", f64::from(n) / 4.0, &[])).unwrap();
        call();
    }
    metrics.counter("statsd_single_handled", &[]).inc();
    metrics.gauge("statsd_single_moved", &[]).sub(2);
    metrics
        .histogram("statsd_single_handled_seconds", &[])
        .observe(Duration::from_millis(5));
    let lines = rig.flush("statsd_single_");
    let of = |name: &str| -> Vec<&str> {
        let name = format!("statsd_single_{name}:");
        lines
            .iter()
            .filter_map(|line| line.strip_prefix(&name))
            .collect()
    };
    assert_eq!(of("counted.k.v"), ["1|c", "2|c", "3|c"]);
    assert_eq!(of("set"), ["1|g", "2|g", "3|g"]);
    assert_eq!(of("seconds"), ["250|ms", "500|ms", "750|ms"]);
    assert_eq!(of("handled"), ["1|c"]);
    assert_eq!(of("moved"), ["0|g", "-2|g"]);
    assert_eq!(of("handled_seconds"), ["5|ms"]);
    assert_eq!(of("calls_total"), ["1|c"; 3]);
    assert_eq!(of("call_seconds").len(), 3);
    // The next flush has nothing to add.
    assert_eq!(rig.flush("statsd_single_counted"), Vec::<String>::new());
}

#[test]
fn what_was_recorded_before_is_sent_added_up() {
    let _alone = alone();
    let mut rig = Rig::new(|config| config.aggregate = false);
    wait(rig.metrics.increment_by("statsd_earlier", 7, &[])).unwrap();
    wait(rig.metrics.increment_by("statsd_earlier", 2, &[])).unwrap();
    assert_eq!(rig.flush("statsd_earlier"), ["statsd_earlier:9|c"]);
    wait(rig.metrics.increment_by("statsd_earlier", 7, &[])).unwrap();
    wait(rig.metrics.increment_by("statsd_earlier", 2, &[])).unwrap();
    assert_eq!(
        rig.flush("statsd_earlier"),
        ["statsd_earlier:7|c", "statsd_earlier:2|c"]
    );
}

#[test]
fn a_sample_is_as_large_as_its_rate_says_and_gauges_are_not_sampled() {
    const TIMES: u32 = 20_000;
    let _alone = alone();
    let mut rig = singly(|config| {
        config.sample_rate = 0.25;
        config.dialect = StatsdDialect::DogStatsd;
    });
    let counter = rig.metrics.counter("statsd_sampled", &[("k", "v")]);
    let histogram = rig.metrics.histogram("statsd_sampled_seconds", &[]);
    let gauge = rig.metrics.gauge("statsd_sampled_level", &[]);
    for n in 0..TIMES {
        counter.inc();
        histogram.observe(0.5);
        if n % 1000 == 0 {
            gauge.set(n);
            // What arrives is read by the test, so no faster than that.
            rig.flush("nothing");
        }
    }
    rig.flush("");
    let lines: Vec<&str> = rig
        .packets
        .iter()
        .flat_map(|packet| packet.split('\n'))
        .collect();
    let count = |line: &str| lines.iter().filter(|sent| **sent == line).count();
    let increments = count("statsd_sampled:1|c|@0.25|#k:v");
    let observations = count("statsd_sampled_seconds:0.5|h|@0.25");
    for sampled in [increments, observations] {
        // Five thousand, give or take five standard deviations.
        assert!((4690..5310).contains(&sampled), "{sampled}");
    }
    assert_ne!(increments, observations);
    let levels = lines
        .iter()
        .filter(|line| line.starts_with("statsd_sampled_level:"));
    assert_eq!(levels.count(), 20);
}

#[test]
fn a_series_that_is_gone_leaves_its_recordings_to_no_other() {
    let _alone = alone();
    let mut rig = singly(|_| {});
    let exporter = instrumetrics::create_prometheus_exporter().unwrap();
    let metrics = Metrics::builder().exporter(exporter.clone()).build();
    rig.metrics
        .register_exporter("statsd_nothing", async |_| ())
        .unwrap();
    // Not metrics of this exporter: they are recorded, and not told of.
    for round in 0..50 {
        wait(metrics.increment_by("statsd_foreign", 1000, &[])).unwrap();
        wait(exporter.remove_counter("statsd_foreign")).unwrap();
        let name = format!("statsd_reused_{round}");
        wait(rig.metrics.increment_by(&name, 3, &[])).unwrap();
    }
    let lines = rig.flush("statsd_reused_");
    assert_eq!(lines.len(), 50);
    assert!(lines.iter().all(|line| line.ends_with(":3|c")), "{lines:?}");
    assert_eq!(rig.flush("statsd_foreign"), Vec::<String>::new());
}

#[test]
fn nobody_waits_for_a_queue_that_is_full() {
    let _alone = alone();
    let rig = singly(|_| {});
    let counter = rig.metrics.counter("statsd_crowded", &[]);
    let begin = Instant::now();
    for _ in 0..500_000 {
        counter.inc();
    }
    assert!(
        begin.elapsed() < Duration::from_secs(5),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(counter.value(), 500_000);
}
