//! Exporters that push, as the application writes them: when they are called, with what, and how it ends.

use instrumetrics::{
    Counter, Descriptor, ExportError, Exporter, Metrics, MetricsError, Snapshot,
    create_metrics_with_null_exporter,
};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Runs a future to its end without any runtime.
pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    use std::task::{Context, Poll, Wake};
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut context = Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        std::thread::park();
    }
}

/// What a recorder saw of one counter.
type Seen = Arc<Mutex<Vec<f64>>>;

/// An exporter that notes the value of a counter by name.
struct Recorder {
    name: &'static str,
    counter: &'static str,
    seen: Seen,
}

impl Exporter for Recorder {
    fn name(&self) -> &str {
        self.name
    }

    async fn export(&self, snapshot: Snapshot) -> Result<(), ExportError> {
        let value = snapshot.counter(self.counter, &[]).unwrap_or(-1.0);
        self.seen.lock().unwrap().push(value);
        Ok(())
    }
}

fn metrics_into(name: &'static str, counter: &'static str) -> (Metrics, Seen) {
    let seen = Seen::default();
    let recorder = Recorder {
        name,
        counter,
        seen: Arc::clone(&seen),
    };
    (Metrics::new(recorder), seen)
}

fn account(exporter: &str, result: &str) -> f64 {
    let labels = [("exporter", exporter), ("result", result)];
    instrumetrics::snapshot()
        .counter("metrics_export_recordings_total", &labels)
        .unwrap()
}

fn failures(exporter: &str, error_type: &str) -> f64 {
    let labels = [("exporter", exporter), ("error_type", error_type)];
    instrumetrics::snapshot()
        .counter("metrics_export_errors_total", &labels)
        .unwrap_or(0.0)
}

#[test]
fn an_export_on_demand_sees_all_that_was_recorded() {
    static DECLARED: Counter = Counter::new(&Descriptor::counter("push_declared_total", "Pushed."));
    DECLARED.inc_by(5);
    let (metrics, seen) = metrics_into("push_on_demand", "push_by_name_total");
    let (other, declared) = metrics_into("push_on_demand_2", "push_declared_total");
    wait(metrics.increment_by("push_by_name_total", 3, &[])).unwrap();
    wait(metrics.export()).unwrap();
    wait(metrics.increment_by("push_by_name_total", 4, &[])).unwrap();
    wait(metrics.export()).unwrap();
    wait(other.export()).unwrap();
    assert_eq!(*seen.lock().unwrap(), [3.0, 7.0]);
    assert_eq!(*declared.lock().unwrap(), [5.0]);
}

#[test]
fn a_closure_is_an_exporter() {
    let metrics = create_metrics_with_null_exporter();
    let (sender, receiver) = std::sync::mpsc::channel();
    metrics
        .register_exporter("push_closure", move |snapshot: Snapshot| {
            let sender = sender.clone();
            async move {
                let value = snapshot.counter("push_closure_total", &[]);
                sender.send(value)?;
                Ok(())
            }
        })
        .unwrap();
    // Not null any more.
    wait(metrics.increment("push_closure_total", &[])).unwrap();
    wait(metrics.export()).unwrap();
    assert_eq!(receiver.recv().unwrap(), Some(1.0));
    // Once the receiver is gone, the closure's own error comes back.
    drop(receiver);
    let error = wait(metrics.export()).unwrap_err();
    assert_eq!(error.error_type(), "rejected");
    assert!(
        error.to_string().starts_with(
            "Metrics export operation failed for 'push_closure': sending on a closed channel"
        ),
        "{error}"
    );
    assert_eq!(failures("push_closure", "rejected"), 1.0);
    // And of that name there is one.
    let error = metrics
        .register_exporter("push_closure", async |_| ())
        .unwrap_err();
    assert_eq!(error.error_type(), "conflict");
}

#[test]
fn an_exporter_is_called_at_its_interval_without_any_runtime() {
    let calls = Arc::new(AtomicU64::new(0));
    let metrics = Metrics::builder()
        .export_interval(Duration::from_millis(20))
        .build();
    let counted = Arc::clone(&calls);
    metrics
        .register_exporter("push_interval", move |_| {
            counted.fetch_add(1, SeqCst);
            async {}
        })
        .unwrap();
    let begin = Instant::now();
    while calls.load(SeqCst) < 5 {
        assert!(begin.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(begin.elapsed() >= Duration::from_millis(80));
}

#[test]
fn the_future_of_an_exporter_has_a_runtime() {
    let metrics = create_metrics_with_null_exporter();
    metrics
        .register_exporter("push_runtime", |_| async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            tokio::net::UdpSocket::bind("127.0.0.1:0").await?;
            tokio::spawn(async {}).await?;
            Ok(())
        })
        .unwrap();
    wait(metrics.export()).unwrap();
}

#[test]
fn what_fails_is_pending_and_delivered_later() {
    let down = Arc::new(AtomicBool::new(true));
    let metrics = create_metrics_with_null_exporter();
    let is_down = Arc::clone(&down);
    metrics
        .register_exporter("push_down", move |_| {
            let down = is_down.load(SeqCst);
            async move {
                if down {
                    Err(std::io::Error::from(std::io::ErrorKind::ConnectionRefused))?;
                }
                Ok(())
            }
        })
        .unwrap();
    wait(metrics.increment_by("push_down_total", 10, &[])).unwrap();
    let error = wait(metrics.export()).unwrap_err();
    assert_eq!(error.error_type(), "io");
    assert_eq!(account("push_down", "delivered"), 0.0);
    let pending = || {
        instrumetrics::snapshot()
            .gauge(
                "metrics_export_recordings_pending",
                &[("exporter", "push_down")],
            )
            .unwrap()
    };
    assert!(pending() >= 10.0);
    down.store(false, SeqCst);
    wait(metrics.export()).unwrap();
    assert!(account("push_down", "delivered") >= 10.0);
    assert_eq!(pending(), 0.0);
    assert_eq!(account("push_down", "dropped"), 0.0);
}

#[test]
fn one_that_panics_hangs_or_blocks_disturbs_nobody() {
    let (metrics, seen) = metrics_into("push_calm", "push_calm_total");
    for panics_early in [true, false] {
        let name = if panics_early {
            "push_panic_early"
        } else {
            "push_panic_late"
        };
        metrics
            .register_exporter(name, move |_| {
                assert!(!panics_early, "in the call");
                async move { assert!(panics_early, "in the future") }
            })
            .unwrap();
    }
    let blocked = Arc::new(AtomicBool::new(true));
    let block = Arc::clone(&blocked);
    metrics
        .register_exporter("push_blocks", move |_| {
            while block.load(SeqCst) {
                std::thread::sleep(Duration::from_millis(1));
            }
            async {}
        })
        .unwrap();
    let export = metrics.export();
    let begin = Instant::now();
    let thread = std::thread::spawn({
        let metrics = metrics.clone();
        move || wait(metrics.export())
    });
    while seen.lock().unwrap().is_empty() {
        assert!(begin.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(1));
    }
    blocked.store(false, SeqCst);
    let error = thread.join().unwrap().unwrap_err();
    assert_eq!(error.error_type(), "rejected");
    assert!(error.reason().contains("panicked"), "{error}");
    drop(export);
}

#[test]
fn shutdown_delivers_the_last_recording_and_ends_the_exporter() {
    let (metrics, seen) = metrics_into("push_shutdown", "push_shutdown_total");
    wait(metrics.increment("push_shutdown_total", &[])).unwrap();
    wait(metrics.shutdown(Duration::from_secs(5))).unwrap();
    assert_eq!(*seen.lock().unwrap(), [1.0]);
    // It is over, and says so; recording goes on without effect.
    wait(metrics.increment("push_shutdown_total", &[])).unwrap();
    assert_eq!(wait(metrics.export()).unwrap_err().error_type(), "rejected");
    wait(metrics.shutdown(Duration::from_secs(5))).unwrap();
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[test]
fn after_a_shutdown_there_may_be_another_of_that_name() {
    let metrics = create_metrics_with_null_exporter();
    let calls = Arc::new(AtomicU64::new(0));
    let fails = Arc::new(AtomicBool::new(true));
    for _ in 0..2 {
        let (counted, failing) = (Arc::clone(&calls), Arc::clone(&fails));
        metrics
            .register_exporter("push_again", move |_| {
                counted.fetch_add(1, SeqCst);
                let fails = failing.load(SeqCst);
                async move {
                    if fails {
                        Err(std::io::Error::other("first"))?;
                    }
                    Ok(())
                }
            })
            .unwrap();
        // Neither is it told that there is none, nor how the first one ended.
        let result = wait(metrics.export());
        assert_eq!(result.is_err(), fails.load(SeqCst), "{result:?}");
        let result = wait(metrics.shutdown(Duration::from_secs(5)));
        assert_eq!(result.is_err(), fails.swap(false, SeqCst), "{result:?}");
    }
    assert_eq!(calls.load(SeqCst), 4);
}

#[test]
fn shutdown_does_not_wait_for_one_that_hangs() {
    let metrics = create_metrics_with_null_exporter();
    metrics
        .register_exporter("push_hangs", |_| std::future::pending::<()>())
        .unwrap();
    metrics
        .register_exporter("push_blocks_for_ever", |_| {
            std::thread::sleep(Duration::from_secs(3600));
            async {}
        })
        .unwrap();
    // Both are in an export when they are told to stop.
    let exporting = std::thread::spawn({
        let metrics = metrics.clone();
        move || wait(metrics.export())
    });
    std::thread::sleep(Duration::from_millis(50));
    let begin = Instant::now();
    let error = wait(metrics.shutdown(Duration::from_millis(300))).unwrap_err();
    assert_eq!(error.error_type(), "timeout");
    assert!(
        begin.elapsed() < Duration::from_secs(2),
        "{:?}",
        begin.elapsed()
    );
    drop(exporting);
}

#[test]
fn a_guard_delivers_the_last_recording_in_every_runtime() {
    let check = |name: &'static str, run: &dyn Fn(Metrics)| {
        let (metrics, seen) = metrics_into(name, "push_guard_total");
        run(metrics);
        assert_eq!(*seen.lock().unwrap(), [1.0], "{name}");
    };
    let record = |metrics: &Metrics| wait(metrics.increment("push_guard_total", &[])).unwrap();
    check("push_guard_none", &|metrics| {
        let _flush = metrics.flush_on_drop();
        record(&metrics);
    });
    check("push_guard_current", &|metrics| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let _flush = metrics.flush_on_drop();
            record(&metrics);
        });
    });
    check("push_guard_multi", &|metrics| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let _flush = metrics.flush_on_drop();
            let metrics = metrics.clone();
            tokio::spawn(async move { metrics.increment("push_guard_total", &[]).await.unwrap() })
                .await
                .unwrap();
        });
    });
}

#[test]
fn metrics_that_are_dropped_are_exported_once_more() {
    let (metrics, seen) = metrics_into("push_dropped", "push_dropped_total");
    wait(metrics.increment_by("push_dropped_total", 2, &[])).unwrap();
    drop(metrics);
    let begin = Instant::now();
    while seen.lock().unwrap().is_empty() {
        assert!(begin.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(*seen.lock().unwrap(), [2.0]);
}

#[test]
fn several_exporters_of_the_builder_all_get_everything() {
    let (first, second) = (Seen::default(), Seen::default());
    let recorder = |name, seen: &Seen| Recorder {
        name,
        counter: "push_several_total",
        seen: Arc::clone(seen),
    };
    let prometheus = instrumetrics::create_prometheus_exporter().unwrap();
    let metrics = Metrics::builder()
        .exporter(recorder("push_several_1", &first))
        .exporter(prometheus.clone())
        .exporter(recorder("push_several_2", &second))
        .build();
    wait(metrics.increment("push_several_total", &[])).unwrap();
    wait(metrics.export()).unwrap();
    assert_eq!(*first.lock().unwrap(), [1.0]);
    assert_eq!(*second.lock().unwrap(), [1.0]);
    let text = prometheus.encode(instrumetrics::Format::Text);
    assert!(text.contains("\npush_several_total 1\n"));
}

#[test]
fn an_error_of_the_library_keeps_its_type() {
    let metrics = create_metrics_with_null_exporter();
    metrics
        .register_exporter("push_typed", |_| async {
            let strict = instrumetrics::create_metrics_with_error_propagation(
                instrumetrics::create_prometheus_exporter()?,
            )?;
            strict.increment("not a name", &[]).await?;
            Ok(())
        })
        .unwrap();
    let error: MetricsError = wait(metrics.export()).unwrap_err();
    assert_eq!(error.error_type(), "invalid_name");
}
