//! What a request is answered with.

use super::ServerOptions;
use crate::export::PrometheusExporter;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use flate2::{Compression, write::GzEncoder};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap,
    HeaderName, HeaderValue, VARY, WWW_AUTHENTICATE,
};
use hyper::{Method, Request, Response, StatusCode};
use std::io::Write;

const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
/// Shorter answers are not worth compressing.
const COMPRESS_FROM: usize = 1024;

/// What is served, and to whom.
pub(super) struct Page {
    exporter: PrometheusExporter,
    path: String,
    /// The values of `Authorization` that let in; everybody is, where there are none.
    allowed: Vec<String>,
}

impl Page {
    pub(super) fn new(exporter: PrometheusExporter, options: &ServerOptions) -> Self {
        let bearer = options
            .bearer_token
            .iter()
            .map(|token| format!("Bearer {token}"));
        let basic = options
            .basic_auth
            .iter()
            .map(|login| format!("Basic {}", BASE64_STANDARD.encode(login)));
        Self {
            exporter,
            path: options.path.clone(),
            allowed: bearer.chain(basic).collect(),
        }
    }

    fn lets_in(&self, headers: &HeaderMap) -> bool {
        let Some(given) = headers.get(AUTHORIZATION) else {
            return self.allowed.is_empty();
        };
        let matches = |allowed: &String| same(allowed.as_bytes(), given.as_bytes());
        self.allowed.is_empty() || self.allowed.iter().any(matches)
    }

    pub(super) fn respond<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        if request.uri().path() != self.path {
            return plain(StatusCode::NOT_FOUND, "not here\n");
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
            let headers = response.headers_mut();
            headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        if !self.lets_in(request.headers()) {
            let mut response = plain(StatusCode::UNAUTHORIZED, "who are you?\n");
            let headers = response.headers_mut();
            headers.insert(
                WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"metrics\", Bearer"),
            );
            return response;
        }
        metrics(request.headers(), &self.exporter)
    }
}

/// Whether two texts are the same, in a time that does not tell where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

fn metrics(headers: &HeaderMap, exporter: &PrometheusExporter) -> Response<Full<Bytes>> {
    let (content_type, body) = exporter.encode_for(&joined(headers, ACCEPT));
    let compressed = (body.len() >= COMPRESS_FROM
        && accepts_gzip(&joined(headers, ACCEPT_ENCODING)))
    .then(|| gzip(&body))
    .flatten();
    let encoded = compressed.is_some();
    // hyper leaves the body out of the answer to `HEAD`.
    let mut response = Response::new(Full::from(compressed.unwrap_or(body)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
    if encoded {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, PLAIN);
    response
}

/// Several headers of one name mean the same as one list (RFC 9110, section 5.3).
fn joined(headers: &HeaderMap, name: HeaderName) -> String {
    let values: Vec<&str> = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    values.join(",")
}

/// Whether `Accept-Encoding` names gzip, or everything, with a quality above zero.
fn accepts_gzip(accept: &str) -> bool {
    let mut any = false;
    for coding in accept.split(',') {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let refused = parts.any(|part| {
            part.strip_prefix("q=")
                .and_then(|q| q.parse::<f32>().ok())
                .is_some_and(|q| q <= 0.0)
        });
        if name.eq_ignore_ascii_case("gzip") {
            return !refused;
        }
        any |= name == "*" && !refused;
    }
    any
}

fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_only_when_accepted() {
        for (accept, yes) in [
            ("", false),
            ("gzip", true),
            ("deflate, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip;q=0, *", false),
            ("*", true),
            ("*;q=0", false),
            ("br", false),
        ] {
            assert_eq!(accepts_gzip(accept), yes, "{accept}");
        }
    }
}
