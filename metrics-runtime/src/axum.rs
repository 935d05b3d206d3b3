//! A route for axum applications.

use crate::export::PrometheusExporter;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get};

/// A route that answers `GET` with all metrics, in the format that `Accept` asks for.
///
/// ```
/// # fn main() -> Result<(), instrumetrics_runtime::MetricsError> {
/// let exporter = instrumetrics_runtime::create_prometheus_exporter()?;
/// let app: axum::Router = axum::Router::new()
///     .route("/metrics", instrumetrics_runtime::axum::metrics_route(exporter));
/// # drop(app);
/// # Ok(())
/// # }
/// ```
pub fn metrics_route<S>(exporter: PrometheusExporter) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    get(move |headers: HeaderMap| {
        let exporter = exporter.clone();
        async move {
            // Several `Accept` headers mean the same as one list (RFC 9110, section 5.3).
            let accept: Vec<&str> = headers
                .get_all(header::ACCEPT)
                .iter()
                .filter_map(|value| value.to_str().ok())
                .collect();
            let (content_type, body) = exporter.encode_for(&accept.join(","));
            ([(header::CONTENT_TYPE, content_type)], body).into_response()
        }
    })
}
