//! The OpenTelemetry SDK with its Prometheus exporter.

use super::Peer;
use crate::contender::{Contender, Side};
use crate::peers::BOUNDS;
use crate::scrape::{self, Scraper};
use crate::work::{self, calls, total_in};
use opentelemetry::KeyValue;
use opentelemetry::metrics::noop::NoopMeterProvider;
use opentelemetry::metrics::{Counter, Histogram, Meter, MeterProvider};
use opentelemetry_sdk::metrics::{SdkMeterProvider, Stream};
use prometheus::{Registry, TextEncoder};
use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Instant;

/// A provider, and the registry that its exporter writes to. Its own limit of 2,000 series is raised.
fn provider() -> (SdkMeterProvider, Registry) {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false)
        .build()
        .expect("a fresh registry takes it");
    let provider = SdkMeterProvider::builder()
        .with_reader(exporter)
        .with_view(|_| {
            Stream::builder()
                .with_cardinality_limit(20_000)
                .build()
                .ok()
        })
        .build();
    (provider, registry)
}

struct Group {
    /// The exporter works for as long as this lives.
    _provider: SdkMeterProvider,
    registry: Registry,
    kept: Counter<u64>,
    enums: Counter<u64>,
    strings: Counter<u64>,
    observed: Histogram<f64>,
    observed_strings: Histogram<f64>,
    timed: Histogram<f64>,
}

static GROUP: LazyLock<Group> = LazyLock::new(|| {
    let (provider, registry) = provider();
    let meter = provider.meter("bench");
    let counter = |name: &'static str| meter.u64_counter(name).build();
    let histogram = |name: &'static str| histogram(&meter, name);
    Group {
        kept: counter("otel_kept"),
        enums: counter("otel_enums"),
        strings: counter("otel_strings"),
        observed: histogram("otel_observed"),
        observed_strings: histogram("otel_observed_strings"),
        timed: histogram("otel_timed"),
        registry,
        _provider: provider,
    }
});

fn histogram(meter: &Meter, name: &'static str) -> Histogram<f64> {
    meter
        .f64_histogram(name)
        .with_boundaries(BOUNDS.to_vec())
        .build()
}

fn write(registry: &Registry, out: &mut String) {
    TextEncoder::new()
        .encode_utf8(&registry.gather(), out)
        .expect("a string takes everything");
}

fn total(name: &'static str) -> impl Fn() -> u64 + Send + Sync {
    move || {
        let mut text = String::new();
        write(&GROUP.registry, &mut text);
        total_in(&text, name)
    }
}

fn pair(endpoint: &str, client: &str) -> [KeyValue; 2] {
    [
        KeyValue::new("endpoint", endpoint.to_owned()),
        KeyValue::new("client", client.to_owned()),
    ]
}

#[inline(never)]
fn by_hand(x: u64) -> u64 {
    let start = Instant::now();
    let y = black_box(x);
    GROUP.timed.record(start.elapsed().as_secs_f64(), &[]);
    y
}

pub(super) fn peer() -> Peer {
    let plain = |row| {
        work::plain(row, "opentelemetry, Counter", || GROUP.kept.add(1, &[]))
            .counted(total("otel_kept_total"))
    };
    let observe = |row| {
        work::observe(row, "opentelemetry, Histogram", |x| {
            GROUP.observed.record(x, &[]);
        })
        .counted(total("otel_observed_count"))
    };
    let count = |endpoint: &str, client: &str| GROUP.strings.add(1, &pair(endpoint, client));
    Peer {
        alone: vec![
            plain("counter/plain"),
            work::enums("opentelemetry, Counter", |model, status| {
                let labels = [
                    KeyValue::new("model", model.as_str()),
                    KeyValue::new("status", status.as_str()),
                ];
                GROUP.enums.add(1, &labels);
            })
            .counted(total("otel_enums_total")),
            work::dynamic("counter/dynamic", "opentelemetry, Counter", count)
                .counted(total("otel_strings_total")),
            observe("histogram/handle"),
            work::observe_dynamic("opentelemetry, Histogram", |endpoint, client, x| {
                GROUP.observed_strings.record(x, &pair(endpoint, client));
            })
            .counted(total("otel_observed_strings_count")),
            calls("timed/sync", "opentelemetry, by hand", Side::Peer, by_hand)
                .counted(total("otel_timed_count")),
            nothing("null/counter", counted),
            nothing("null/by_name", counted_with_labels),
        ],
        contended: vec![
            plain("threads/counter"),
            work::one_series("opentelemetry, Counter", count).counted(total("otel_strings_total")),
            observe("threads/histogram"),
        ],
    }
}

static NOTHING: LazyLock<Counter<u64>> = LazyLock::new(|| {
    NoopMeterProvider::new()
        .meter("bench")
        .u64_counter("nothing")
        .build()
});

#[inline(never)]
fn counted(x: u64) -> u64 {
    NOTHING.add(1, &[]);
    black_box(x)
}

/// It takes values that only the client knows as texts of its own.
#[inline(never)]
fn counted_with_labels(x: u64) -> u64 {
    let labels = [
        KeyValue::new("endpoint", "/".to_owned()),
        KeyValue::new("client", "a".to_owned()),
    ];
    NOTHING.add(1, &labels);
    black_box(x)
}

/// Without an SDK, as a library finds it.
fn nothing(row: &'static str, f: fn(u64) -> u64) -> Contender {
    calls(row, "opentelemetry, no SDK", Side::Peer, f)
}

pub(super) fn scraper() -> Scraper {
    let (provider, registry) = provider();
    let meter = provider.meter("bench");
    let counter = meter
        .u64_counter("bench_scraped_requests")
        .with_description("Requests by endpoint and client.")
        .build();
    let histogram = meter
        .f64_histogram("bench_scraped_request_duration_seconds")
        .with_description("Time to answer by endpoint and client.")
        .with_boundaries(BOUNDS.to_vec())
        .build();
    scrape::fill(
        |e, c, n| counter.add(n, &pair(e, c)),
        |e, c, x| histogram.record(x, &pair(e, c)),
    );
    Scraper::text("opentelemetry-prometheus, TextEncoder", move |out| {
        // Moved in here, since the exporter lives only as long.
        let _ = &provider;
        write(&registry, out);
    })
}
