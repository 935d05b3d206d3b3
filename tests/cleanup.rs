//! Idle series go, on a thread of their own. It sweeps the declared metrics of the whole process, so it has one for itself.

use instrumetrics::{
    Metrics, MetricsResourceConfig, Outcome, create_prometheus_exporter, snapshot,
};
use std::time::{Duration, Instant};

#[instrumetrics::metrics(namespace = "cleanup")]
mod telemetry {
    use instrumetrics::{Counter, Gauge, Histogram, Outcome};

    /// By who asks.
    pub fn asked_total(client: &str) -> Counter;

    /// By who waits.
    pub fn waited_seconds(client: &str) -> Histogram;

    /// By who is there.
    pub fn present(client: &str) -> Gauge;

    /// By what is listed.
    pub fn listed_total(outcome: Outcome) -> Counter;
}

/// Waits until it is so, for a generous time.
fn wait_until(so: impl Fn() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(20);
    while Instant::now() < end {
        if so() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// Whether the thread that sweeps is there.
#[cfg(target_os = "linux")]
fn sweeping() -> bool {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux has it");
    tasks.flatten().any(|task| {
        let name = std::fs::read_to_string(task.path().join("comm"));
        // Cut to 15 characters by the system.
        name.is_ok_and(|name| name.trim_end() == "instrumetrics-c")
    })
}

#[test]
fn idle_series_go_and_handles_keep_theirs() {
    let metrics = Metrics::builder()
        .exporter(create_prometheus_exporter().unwrap())
        .resource_config(MetricsResourceConfig {
            enable_metric_cleanup: true,
            cleanup_interval_seconds: 1,
            ..Default::default()
        })
        .build();
    let began = Instant::now();
    let active = telemetry::asked_total("active");
    let pinned = telemetry::waited_seconds("pinned");
    active.inc();
    pinned.observe(1);
    telemetry::asked_total("idle").inc();
    telemetry::waited_seconds("idle").observe(1);
    telemetry::present("idle").set(1);
    telemetry::listed_total(Outcome::Success).inc();
    drop(metrics.increment("cleanup_named_total", &[("n", "idle")]));
    let count = |name: &str, labels: &[(&str, &str)]| snapshot().counter(name, labels);
    let client = [("client", "idle")];
    assert_eq!(count("cleanup_asked_total", &client), Some(1.0));
    assert_eq!(metrics.metric_count(), 1);
    #[cfg(target_os = "linux")]
    assert!(wait_until(sweeping));

    assert!(wait_until(|| {
        // Recorded all the time, it stays.
        telemetry::asked_total("busy").inc();
        let snapshot = snapshot();
        assert!(
            snapshot
                .counter("cleanup_asked_total", &[("client", "busy")])
                .is_some()
        );
        snapshot.counter("cleanup_asked_total", &client).is_none()
            && snapshot
                .histogram("cleanup_waited_seconds", &client)
                .is_none()
            && snapshot.gauge("cleanup_present", &client).is_none()
            && metrics.metric_count() == 0
    }));
    assert!(began.elapsed() >= Duration::from_secs(1));
    active.inc();
    assert_eq!(
        count("cleanup_asked_total", &[("client", "active")]),
        Some(2.0)
    );
    let observed = snapshot().histogram("cleanup_waited_seconds", &[("client", "pinned")]);
    assert_eq!(observed.unwrap().count(), 1);
    let listed = [("outcome", "success")];
    assert_eq!(count("cleanup_listed_total", &listed), Some(1.0));
    // It begins at zero.
    telemetry::asked_total("idle").inc();
    assert_eq!(count("cleanup_asked_total", &client), Some(1.0));

    // A clone keeps it going; the last one ends it.
    let clone = metrics.clone();
    drop(metrics);
    #[cfg(target_os = "linux")]
    assert!(sweeping());
    drop(clone);
    #[cfg(target_os = "linux")]
    assert!(wait_until(|| !sweeping()));
}
