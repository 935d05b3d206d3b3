//! The programs. Each is a test that only other tests run; by itself it does no harm.

use instrumetrics::{
    Format, Metrics, create_metrics_from_env, create_prometheus_exporter, metrics, prometheus,
    snapshot,
};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

#[metrics]
mod declared {
    use instrumetrics::{Counter, Histogram};

    /// Declared without a namespace.
    pub fn plain_total() -> Counter;

    /// Declared with bounds.
    #[metric(buckets = [7.0])]
    pub fn bounded_seconds() -> Histogram;

    /// Declared without bounds.
    pub fn unbounded_seconds() -> Histogram;
}

#[metrics(namespace = "own")]
mod spaced {
    use instrumetrics::Counter;

    /// Declared with a namespace.
    pub fn spaced_total() -> Counter;
}

/// Everything that is logged goes to standard error, whatever its level and target.
fn log_everything() {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
}

/// Creates the metrics and says what came of it.
fn create() -> Option<Metrics> {
    match create_metrics_from_env() {
        Ok(metrics) => {
            println!("created: yes");
            println!("recording: {}", instrumetrics::recording());
            println!("prometheus: {}", metrics.prometheus_exporter().is_some());
            println!("http: {}", metrics.http_address().is_some());
            println!("limits: {:?}", metrics.limits());
            println!("debug: {metrics:?}");
            Some(metrics)
        }
        Err(error) => {
            println!("created: no");
            println!("recording: {}", instrumetrics::recording());
            println!("error_type: {}", error.error_type());
            println!("category: {:?}", error.category());
            println!("name: {}", error.name());
            println!("message: {error}");
            println!("debug: {error:?}");
            let labels = [("error_type", error.error_type())];
            let counted = snapshot().counter("metrics_config_errors_total", &labels);
            println!("counted: {counted:?}");
            None
        }
    }
}

fn say(key: &str, result: std::future::Ready<Result<(), instrumetrics::MetricsError>>) {
    match result.into_inner() {
        Ok(()) => println!("{key}: ok"),
        Err(error) => println!("{key}: {error}"),
    }
}

/// What is configured, what some operations make of it, and the exposition.
#[test]
#[ignore = "run by the other tests, in an environment of its own"]
fn report() {
    log_everything();
    let Some(metrics) = create() else { return };
    say(
        "good",
        metrics.increment("good_total", &[("label", "value")]),
    );
    say("bad name", metrics.increment("bad-name", &[]));
    say("bad name again", metrics.increment("bad-name", &[]));
    say(
        "quoted",
        metrics.increment("quoted_total", &[("label", "a\"b")]),
    );
    say(
        "long value",
        metrics.increment("good_total", &[("label", "0123456789")]),
    );
    say(
        "observed",
        metrics.observe_histogram("wait_seconds", 0.5, &[]),
    );
    say("sized", metrics.observe_histogram("size_bytes", 300, &[]));
    for n in 0..5 {
        say("name", metrics.set_gauge(&format!("level_{n}"), n, &[]));
    }
    for n in 0..5 {
        let value = format!("v{n}");
        say(
            "combination",
            metrics.increment("combined_total", &[("label", &value)]),
        );
    }
    declared::plain_total().inc();
    declared::bounded_seconds().observe(1);
    declared::unbounded_seconds().observe(1);
    spaced::spaced_total().inc();
    if let Some(exporter) = metrics.prometheus_exporter() {
        println!("removal: {}", exporter.is_metric_removal_allowed());
        // One of our names, which is left out and logged.
        let taken = prometheus::Gauge::new("plain", "Taken.").unwrap();
        exporter.registry().register(Box::new(taken)).unwrap();
        println!("{}", exporter.encode(Format::Text));
    }
    let silenced = snapshot().counter("plain_total", &[]);
    println!("declared: {silenced:?}");
    // Another exporter switches recording on again.
    let _exporter = create_prometheus_exporter().unwrap();
    println!(
        "recording after another exporter: {}",
        instrumetrics::recording()
    );
}

/// Creates the metrics twice.
#[test]
#[ignore = "run by the other tests, in an environment of its own"]
fn twice() {
    log_everything();
    drop(create());
    drop(create());
}

/// Whether this request is answered with the metrics, and how it is answered.
fn get(address: SocketAddr, path: &str, authorization: Option<&str>) -> String {
    let mut request = ureq::get(format!("http://{address}{path}"))
        .config()
        .http_status_as_error(false)
        .build();
    if let Some(authorization) = authorization {
        request = request.header("Authorization", authorization);
    }
    let mut response = request.call().unwrap();
    let body = response.body_mut().read_to_string().unwrap();
    let metrics = body.contains("\nmetrics_build_info{");
    format!("{} {metrics}", response.status().as_u16())
}

/// Asks the scrape server in several ways.
#[test]
#[ignore = "run by the other tests, in an environment of its own"]
fn serve() {
    log_everything();
    let Some(metrics) = create() else { return };
    let Some(address) = metrics.http_address() else {
        println!("server: none");
        return;
    };
    println!("server: {}", address.ip());
    for path in ["/metrics", "/other/path"] {
        println!("{path}: {}", get(address, path, None));
        // `user:s3cr3t` in Base64, and `user:wrong`.
        for authorization in [
            "Bearer s3cr3t",
            "Bearer wrong",
            "Basic dXNlcjpzM2NyM3Q=",
            "Basic dXNlcjp3cm9uZw==",
        ] {
            println!(
                "{path} {authorization}: {}",
                get(address, path, Some(authorization))
            );
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let stopped = runtime.block_on(metrics.shutdown(Duration::from_secs(10)));
    println!("stopped: {stopped:?}");
    println!("listens: {}", TcpStream::connect(address).is_ok());
}

/// Shuts down in no time while a request is under way.
#[test]
#[ignore = "run by the other tests, in an environment of its own"]
fn hurry() {
    let metrics = create().unwrap();
    let address = metrics.http_address().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\n")
        .unwrap();
    // Once another request was answered, this one has been read from, too.
    get(address, "/metrics", None);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    match runtime.block_on(metrics.shutdown(Duration::ZERO)) {
        Ok(()) => println!("stopped: in time"),
        Err(error) => {
            println!("stopped: {} {:?}", error.error_type(), error.category());
            println!("message: {error}");
        }
    }
    // And it is gone soon after.
    let mut rest = Vec::new();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    println!("closed: {}", stream.read_to_end(&mut rest).is_ok());
}
