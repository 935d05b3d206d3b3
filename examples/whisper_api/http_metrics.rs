//! HTTP metrics of every request, as a middleware.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

use crate::telemetry;

/// Counts and times a request, however it ends.
pub(crate) async fn measure(request: Request, next: Next) -> Response {
    let mut exchange = Exchange {
        method: method_label(request.method()),
        endpoint: request.extensions().get::<MatchedPath>().cloned(),
        begin: Instant::now(),
        status: None,
    };
    let response = next.run(request).await;
    exchange.status = Some(response.status().as_u16());
    response
}

/// A request under way. When its client leaves, the future above is dropped, and this with it.
struct Exchange {
    method: &'static str,
    endpoint: Option<MatchedPath>,
    begin: Instant,
    status: Option<u16>,
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let gone = if std::thread::panicking() { 500 } else { 499 };
        let status = self.status.unwrap_or(gone);
        // The route's template: what a client puts into a path must not become a series.
        let endpoint = self
            .endpoint
            .as_ref()
            .map_or("unmatched", MatchedPath::as_str);
        telemetry::http_requests_total(self.method, endpoint, status).inc();
        telemetry::http_request_duration_seconds(self.method, endpoint)
            .observe_duration(self.begin.elapsed());
    }
}

/// A client may invent methods; the label takes the standard ones.
fn method_label(method: &Method) -> &'static str {
    const STANDARD: [&str; 9] = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
    ];
    let known = STANDARD.into_iter().find(|known| *known == method.as_str());
    known.unwrap_or("other")
}
