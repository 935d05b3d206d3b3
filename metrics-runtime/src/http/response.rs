//! What a request is answered with.

use crate::export::PrometheusExporter;
use flate2::{Compression, write::GzEncoder};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName,
    HeaderValue, VARY,
};
use hyper::{Method, Request, Response, StatusCode};
use std::io::Write;

const PATH: &str = "/metrics";
const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
/// Shorter answers are not worth compressing.
const COMPRESS_FROM: usize = 1024;

pub(super) fn respond<B>(
    request: &Request<B>,
    exporter: &PrometheusExporter,
) -> Response<Full<Bytes>> {
    if request.uri().path() != PATH {
        return plain(StatusCode::NOT_FOUND, "metrics are at /metrics\n");
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
        let headers = response.headers_mut();
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let (content_type, body) = exporter.encode_for(&joined(request.headers(), ACCEPT));
    let compressed = (body.len() >= COMPRESS_FROM
        && accepts_gzip(&joined(request.headers(), ACCEPT_ENCODING)))
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
