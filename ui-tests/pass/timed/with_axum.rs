#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Handlers of axum, with `debug_handler`.

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use instrumetrics::{Outcome, counted, job_metric, timed};
use std::collections::HashMap;

#[derive(Clone)]
struct Shop;

#[axum::debug_handler]
#[timed("axum_order_seconds", labels(id), outcome)]
#[counted("axum_orders_total", outcome = |ret| if ret.0.is_server_error() { Outcome::Error } else { Outcome::Success })]
async fn order(
    State(_shop): State<Shop>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> (StatusCode, String) {
    tokio::task::yield_now().await;
    (StatusCode::OK, format!("{id}{}", query.len()))
}

#[timed(in_flight)]
#[job_metric(namespace = "axum")]
#[axum::debug_handler(state = Shop)]
async fn health() -> Result<&'static str, StatusCode> {
    Ok("well")
}

fn main() {
    let _: Router = Router::new()
        .route("/order/{id}", get(order))
        .route("/health", get(health))
        .with_state(Shop);
}
