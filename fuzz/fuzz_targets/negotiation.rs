//! Any `Accept` header is answered with one of the two formats.

#![no_main]

use instrumetrics::{PrometheusExporter, create_prometheus_exporter};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static EXPORTER: LazyLock<PrometheusExporter> =
    LazyLock::new(|| create_prometheus_exporter().expect("a fresh registry"));

fuzz_target!(|accept: &str| {
    let (content_type, body) = EXPORTER.encode_for(accept);
    match content_type {
        "text/plain; version=0.0.4; charset=utf-8" => assert!(!body.ends_with(b"# EOF\n")),
        "application/openmetrics-text; version=1.0.0; charset=utf-8" => {
            assert!(body.ends_with(b"# EOF\n"));
        }
        other => panic!("{other}"),
    }
});
