//! A speech-to-text service with a job queue, measured with `instrumetrics`.
//!
//! ```text
//! cargo run --release --example whisper_api
//! curl --data-binary @examples/data/speech.wav 'http://127.0.0.1:8080/transcribe?model=tiny&language=en'
//! curl http://127.0.0.1:8080/jobs/ID
//! curl -X DELETE http://127.0.0.1:8080/jobs/ID
//! curl http://127.0.0.1:8080/metrics
//! ```
//!
//! Everything is real but the model: the engine finds *where* somebody speaks, not the words. `engine.rs` says
//! where a model such as Whisper goes. `config.rs` lists the variables, `telemetry.rs` the metrics.
//!
//! Ctrl-C or SIGTERM: no new jobs, those that wait are cancelled, those that run get five seconds (a second
//! signal cuts them short), and a summary is printed.

mod api;
mod config;
mod detector;
mod engine;
mod http_metrics;
mod job;
mod jobs;
mod noise;
mod refusal;
mod resample;
mod shutdown;
mod spectrum;
mod speech;
mod telemetry;
mod upload;
mod wav;
mod workers;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use instrumetrics::Metrics;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::api::Api;
use crate::config::Config;
use crate::detector::EnergyDetector;
use crate::engine::Transcriber;
use crate::jobs::JobBoard;
use crate::shutdown::{Signals, Summary};
use crate::upload::Uploads;
use crate::workers::Pool;

/// How long running jobs get to finish.
const GRACE: Duration = Duration::from_secs(5);
/// How long open connections get to finish after that.
const CLOSING: Duration = Duration::from_secs(1);
/// How long the metrics' last export may take.
const LAST_EXPORT: Duration = Duration::from_secs(5);
/// Uploads of the largest size that there is room for, besides the jobs that wait and run.
const UPLOADS_UNDER_WAY: usize = 16;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(errors) => {
            eprintln!("{errors}");
            return ExitCode::from(2);
        }
    };
    match run(&config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "a program, not a library")]
async fn run(config: &Config) -> Result<(), Box<dyn Error>> {
    let mut signals = Signals::listen()?;
    let metrics = Metrics::builder().from_env_or("prometheus")?.try_build()?;
    refusal::expose_at_zero();

    let board = Arc::new(JobBoard::new(config.queue));
    let engine: Arc<dyn Transcriber> = Arc::new(EnergyDetector);
    let pool = Pool::start(&board, &engine, config.workers);
    let bodies = config.queue + config.workers + UPLOADS_UNDER_WAY;
    let uploads = Uploads::new(config.max_body_bytes, bodies);
    let router = api::router(Api { board, uploads }, metrics_route(&metrics));

    let listener = TcpListener::bind(config.addr)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", config.addr))?;
    println!("listening on http://{}", listener.local_addr()?);
    let (close, closed) = oneshot::channel::<()>();
    let server = axum::serve(listener, router).with_graceful_shutdown(async {
        // Dropping the sender says the same.
        let _ = closed.await;
    });
    let mut server = tokio::spawn(server.into_future());

    tokio::select! {
        () = signals.next() => {}
        ended = &mut server => return Err(format!("the server ended: {ended:?}").into()),
    }
    println!("shutting down; running jobs get {} s", GRACE.as_secs());
    // Requests are answered meanwhile: clients can fetch what finishes, and are told that there is no more.
    pool.stop(async {
        tokio::select! {
            () = sleep(GRACE) => {}
            () = signals.next() => {}
        }
    })
    .await;
    drop(close);
    // What is still open after that is closed with the runtime.
    let _ = timeout(CLOSING, server).await;
    if instrumetrics::recording() {
        println!("{}", Summary::of(&instrumetrics::snapshot()));
    } else {
        println!("no summary, as nothing was recorded");
    }
    // A back end that does not answer does not keep the service from ending.
    if let Err(error) = metrics.shutdown(LAST_EXPORT).await {
        println!("{error}");
    }
    Ok(())
}

/// The route of `/metrics`, when Prometheus is to get them.
fn metrics_route(metrics: &Metrics) -> Router {
    match metrics.prometheus_exporter() {
        Some(exporter) => {
            let route = instrumetrics::axum::metrics_route(exporter.clone());
            Router::new().route("/metrics", route)
        }
        None => Router::new(),
    }
}
