//! The Graphite exporter against peers that read, refuse, break off and never answer.

use instrumetrics::{
    Counter, Descriptor, GraphiteConfig, GraphiteExporter, Metrics, MetricsError, snapshot,
};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The account is that of all Graphite exporters, so these tests take turns.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Metrics that are exported for the last time before it is the next test's turn.
struct Ended(Metrics);

impl Ended {
    fn new(metrics: Metrics) -> Self {
        Self(metrics)
    }
}

impl std::ops::Deref for Ended {
    type Target = Metrics;

    fn deref(&self) -> &Metrics {
        &self.0
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.build().unwrap();
        // There may be nobody to take it any more.
        let _ = runtime.block_on(self.0.shutdown(Duration::from_millis(100)));
    }
}

fn export(metrics: &Metrics) -> Result<(), MetricsError> {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().unwrap();
    runtime.block_on(metrics.export())
}

fn listener() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap()
}

fn metrics(port: u16) -> Ended {
    let exporter = GraphiteExporter::new(GraphiteConfig {
        host: "127.0.0.1".into(),
        port,
        prefix: "test".into(),
        const_labels: vec![("region".into(), "eu west".into())],
        // Only when asked.
        interval: Duration::from_secs(3600),
        ..GraphiteConfig::default()
    });
    Ended::new(Metrics::new(exporter.unwrap()))
}

fn port(listener: &TcpListener) -> u16 {
    listener.local_addr().unwrap().port()
}

/// Reads one connection to its end.
fn reading(listener: &TcpListener) -> JoinHandle<String> {
    let listener = listener.try_clone().unwrap();
    std::thread::spawn(move || {
        let mut text = String::new();
        listener
            .accept()
            .unwrap()
            .0
            .read_to_string(&mut text)
            .unwrap();
        text
    })
}

fn account(result: &str) -> f64 {
    let labels = [("exporter", "graphite"), ("result", result)];
    let counted = snapshot().counter("metrics_export_recordings_total", &labels);
    counted.unwrap_or(0.0)
}

fn pending() -> f64 {
    let labels = [("exporter", "graphite")];
    let pending = snapshot().gauge("metrics_export_recordings_pending", &labels);
    pending.unwrap()
}

/// The values of lines that begin so, each with a time of about now.
fn values(text: &str, begin: &str) -> Vec<String> {
    let since_1970 = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix(begin));
    let value = |line: &str| {
        let (value, time) = line.trim_start().split_once(' ').unwrap();
        let time: u64 = time.parse().unwrap();
        assert!(since_1970.as_secs().abs_diff(time) < 60, "{time}");
        value.to_owned()
    };
    lines.map(value).collect()
}

#[test]
fn what_was_recorded_arrives_with_its_labels() {
    static DECLARED: Counter = Counter::new(&Descriptor::counter("gr_declared_total", "Sent."));
    let _turn = turn();
    let listener = listener();
    let metrics = metrics(port(&listener));
    DECLARED.inc_by(5);
    metrics
        .counter("gr_named_total", &[("path", "/a;b")])
        .inc_by(7);
    let before = account("delivered");
    let read = reading(&listener);
    export(&metrics).unwrap();
    let text = read.join().unwrap();
    assert!(text.ends_with('\n'));
    assert_eq!(
        values(&text, "test.gr_declared_total;region=eu%20west"),
        ["5"]
    );
    let named = "test.gr_named_total;path=/a%3Bb;region=eu%20west";
    assert_eq!(values(&text, named), ["7"]);
    assert!(account("delivered") >= before + 12.0);
    assert_eq!(pending(), 0.0);
    // Totals are sent again, whether they changed or not.
    let read = reading(&listener);
    metrics
        .counter("gr_named_total", &[("path", "/a;b")])
        .inc_by(1);
    export(&metrics).unwrap();
    let text = read.join().unwrap();
    assert_eq!(
        values(&text, "test.gr_declared_total;region=eu%20west"),
        ["5"]
    );
    assert_eq!(values(&text, named), ["8"]);
}

#[test]
fn nothing_is_lost_while_nobody_listens() {
    let _turn = turn();
    let gone = listener();
    let address = gone.local_addr().unwrap();
    drop(gone);
    let metrics = metrics(address.port());
    let counter = metrics.counter("gr_away_total", &[]);
    let (delivered, dropped) = (account("delivered"), account("dropped"));
    for _ in 0..3 {
        counter.inc_by(10);
        let error = export(&metrics).unwrap_err();
        assert_eq!(error.error_type(), "io");
        assert!(error.reason().contains(&address.to_string()), "{error}");
    }
    assert_eq!(account("delivered"), delivered);
    assert!(pending() >= 30.0);
    let back = TcpListener::bind(address).unwrap();
    let read = reading(&back);
    export(&metrics).unwrap();
    let text = read.join().unwrap();
    assert_eq!(values(&text, "test.gr_away_total;region=eu%20west"), ["30"]);
    assert!(account("delivered") >= delivered + 30.0);
    assert_eq!((account("dropped"), pending()), (dropped, 0.0));
}

#[test]
fn a_peer_that_breaks_off_gets_everything_again() {
    let _turn = turn();
    let listener = listener();
    let metrics = metrics(port(&listener));
    metrics.counter("gr_broken_total", &[]).inc_by(10);
    let delivered = account("delivered");
    // It reads one byte, and closes with the others unread.
    let peer = listener.try_clone().unwrap();
    let broken = std::thread::spawn(move || {
        let mut stream = peer.accept().unwrap().0;
        stream.read_exact(&mut [0]).unwrap();
        // The lines and the end of them have arrived by now.
        std::thread::sleep(Duration::from_millis(200));
    });
    let error = export(&metrics).unwrap_err();
    broken.join().unwrap();
    assert_eq!(error.error_type(), "io");
    assert!(
        error.reason().contains("how much arrived is not known"),
        "{error}"
    );
    assert_eq!(account("delivered"), delivered);
    assert!(pending() >= 10.0);
    let read = reading(&listener);
    export(&metrics).unwrap();
    let text = read.join().unwrap();
    assert_eq!(
        values(&text, "test.gr_broken_total;region=eu%20west"),
        ["10"]
    );
    assert!(account("delivered") >= delivered + 10.0);
}

#[test]
fn a_peer_that_never_reads_is_cut_off() {
    let _turn = turn();
    // Few lines fit into the buffers of the connection, many do not.
    for series in [1, 20_000] {
        let listener = listener();
        let exporter = GraphiteExporter::new(GraphiteConfig {
            host: "127.0.0.1".into(),
            port: port(&listener),
            interval: Duration::from_secs(3600),
            ..GraphiteConfig::default()
        });
        let metrics = Metrics::builder()
            .exporter(exporter.unwrap())
            .max_label_combinations(30_000)
            .build();
        for n in 0..series {
            let value = format!("{n}-{}", "x".repeat(240));
            metrics
                .counter("gr_never_read_total", &[("k", &value)])
                .inc();
        }
        let delivered = account("delivered");
        let accepted = std::thread::spawn(move || listener.accept().unwrap());
        let begin = Instant::now();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let error = runtime
            .block_on(metrics.shutdown(Duration::from_millis(600)))
            .unwrap_err();
        assert_eq!(error.error_type(), "timeout");
        assert!(
            begin.elapsed() < Duration::from_secs(3),
            "{:?}",
            begin.elapsed()
        );
        assert_eq!(account("delivered"), delivered);
        drop(accepted);
    }
}

#[test]
fn a_name_is_looked_up_and_each_of_its_addresses_tried() {
    let _turn = turn();
    let listener = listener();
    let addresses = std::net::ToSocketAddrs::to_socket_addrs("localhost:1").unwrap();
    let addresses: Vec<SocketAddr> = addresses.collect();
    assert!(addresses.iter().any(SocketAddr::is_ipv4), "{addresses:?}");
    let of_host = |host: &str| {
        let exporter = GraphiteExporter::new(GraphiteConfig {
            host: host.into(),
            port: port(&listener),
            tags: false,
            interval: Duration::from_secs(3600),
            ..GraphiteConfig::default()
        });
        Ended::new(Metrics::new(exporter.unwrap()))
    };
    let metrics = of_host("localhost");
    metrics.counter("gr_looked_up_total", &[("k", "a.b")]).inc();
    // It may say something, which is of no interest.
    let peer = listener.try_clone().unwrap();
    let read = std::thread::spawn(move || {
        let mut stream = peer.accept().unwrap().0;
        stream.write_all(b"hello\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    });
    export(&metrics).unwrap();
    assert_eq!(
        values(&read.join().unwrap(), "gr_looked_up_total.k.a_2eb"),
        ["1"]
    );

    let error = export(&of_host("nowhere.invalid")).unwrap_err();
    assert!(["io", "timeout"].contains(&error.error_type()), "{error}");
    assert!(error.reason().contains("nowhere.invalid"), "{error}");
}

#[test]
fn two_series_that_become_one_path_are_reported() {
    let _turn = turn();
    let listener = listener();
    let exporter = GraphiteExporter::new(GraphiteConfig {
        host: "127.0.0.1".into(),
        port: port(&listener),
        tags: false,
        interval: Duration::from_secs(3600),
        ..GraphiteConfig::default()
    });
    let metrics = Ended::new(Metrics::new(exporter.unwrap()));
    metrics.counter("gr_alike_total", &[("k", "a/b")]).inc_by(3);
    metrics
        .counter("gr_alike_total", &[("k", "a_2fb")])
        .inc_by(4);
    let dropped = account("dropped");
    // The first time it arrives nowhere: the peer closes at once.
    let peer = listener.try_clone().unwrap();
    let closed = std::thread::spawn(move || drop(peer.accept().unwrap()));
    let error = export(&metrics).unwrap_err();
    assert_eq!(error.error_type(), "io");
    closed.join().unwrap();
    for _ in 0..2 {
        let read = reading(&listener);
        export(&metrics).unwrap();
        let text = read.join().unwrap();
        assert_eq!(values(&text, "gr_alike_total.k.a_2fb"), ["3"]);
    }
    // Once, however often it is left out.
    assert_eq!(account("dropped"), dropped + 4.0);
    let labels = [("exporter", "graphite"), ("error_type", "collision")];
    let reported = snapshot().counter("metrics_export_errors_total", &labels);
    assert!(reported.unwrap() >= 2.0);
}
