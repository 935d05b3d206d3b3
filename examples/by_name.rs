//! Metrics by name, configured from the environment.
//!
//! ```sh
//! METRICS_EXPORTER=prometheus METRICS_HTTP_ADDR=127.0.0.1:9464 cargo run --example by_name
//! METRICS_EXPORTER=null cargo run --example by_name
//! METRICS_EXPORTER=prometheus METRICS_MAX_METRICS=many cargo run --example by_name   # says what is wrong
//! ```

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that prints"
)]

use instrumetrics::{Format, MetricsError, create_metrics_from_env};
use std::process::ExitCode;
use std::time::Duration;

async fn work() -> Result<(), MetricsError> {
    let metrics = create_metrics_from_env()?;
    for (method, seconds) in [("GET", 0.02), ("POST", 0.3), ("GET", 0.01)] {
        metrics
            .increment("requests_total", &[("method", method)])
            .await?;
        metrics
            .observe_histogram("request_duration_seconds", seconds, &[("method", method)])
            .await?;
    }
    metrics
        .set_gauge("memory_usage_bytes", 1024 * 1024 * 512, &[])
        .await?;
    metrics
        .increment_gauge("active_connections", 1, &[("server", "web1")])
        .await?;
    metrics
        .record_http_request("/jobs/{id}", "GET", 200, Duration::from_millis(12))
        .await?;
    // Silent unless METRICS_PROPAGATE_ERRORS is set: logged, counted, and the program goes on.
    metrics.increment("not-a-name", &[]).await?;

    if let Some(exporter) = metrics.prometheus_exporter() {
        print!("{}", exporter.encode(Format::Text));
    }
    match metrics.exporters().as_slice() {
        [] => println!("null: nothing is exported"),
        // Those that push do so at their interval, when they are asked to, and at the end.
        names => println!("exported to {}", names.join(", ")),
    }
    metrics.export().await?;
    if let Some(address) = metrics.http_address() {
        println!("\nfor ten seconds: curl http://{address}/metrics");
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
    metrics.shutdown(Duration::from_secs(5)).await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    match work().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
