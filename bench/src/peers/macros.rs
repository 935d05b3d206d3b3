//! Libraries whose attributes or structs stand before functions: `metered`, `autometrics` (over `prometheus`) and
//! `prometric` (over `prometheus`).

use super::Peer;
use crate::contender::Side;
use crate::peers::BOUNDS;
use crate::work::{self, Once, calls, ready};
use autometrics::autometrics;
use autometrics::settings::AutometricsSettings;
use metered::{HitCount, ResponseTime};
use prometheus::Registry;
use prometheus::proto::MetricFamily;
use prometric::{Counter, Histogram};
use std::hint::black_box;
use std::sync::LazyLock;

#[derive(Debug, Default)]
struct Service {
    metrics: ServiceMetrics,
}

#[metered::metered(registry = ServiceMetrics)]
impl Service {
    #[measure(ResponseTime)]
    #[inline(never)]
    fn call(&self, x: u64) -> u64 {
        black_box(x)
    }

    #[measure(ResponseTime)]
    async fn call_async(&self, x: u64) -> u64 {
        black_box(x)
    }

    #[measure(ResponseTime)]
    async fn polls(&self, times: u64) -> u64 {
        for _ in 0..times {
            Once::default().await;
        }
        times
    }
}

static SERVICE: LazyLock<Service> = LazyLock::new(Service::default);

#[inline(never)]
fn metered_call(x: u64) -> u64 {
    SERVICE.call(x)
}

static HITS: LazyLock<HitCount> = LazyLock::new(HitCount::default);

#[autometrics]
#[inline(never)]
fn autometered(x: u64) -> u64 {
    black_box(x)
}

#[autometrics]
async fn autometered_async(x: u64) -> u64 {
    black_box(x)
}

#[autometrics]
async fn autometered_polls(times: u64) -> u64 {
    for _ in 0..times {
        Once::default().await;
    }
    times
}

/// Where `autometrics` registers what it counts; its histogram has our buckets.
static AUTOMETRICS: LazyLock<&AutometricsSettings> = LazyLock::new(|| {
    AutometricsSettings::builder()
        .histogram_buckets(BOUNDS)
        .prometheus_registry(Registry::new())
        .service_name("bench")
        .init()
});

/// How often it counted a function.
fn autometrics_total(function: &'static str) -> impl Fn() -> u64 + Send + Sync {
    move || {
        let gathered = AUTOMETRICS.prometheus_registry().gather();
        let counters = gathered
            .iter()
            .filter(|family| family.name() == "function_calls_total")
            .flat_map(MetricFamily::get_metric)
            .filter(|metric| {
                let mut labels = metric.get_label().iter();
                labels.any(|label| label.name() == "function" && label.value() == function)
            });
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count"
        )]
        counters
            .map(|metric| metric.get_counter().value() as u64)
            .sum()
    }
}

/// The accessors look each label up.
#[prometric_derive::metrics(scope = "prometric", static)]
struct Accessors {
    /// Without labels.
    #[metric]
    kept: Counter,
    /// By two enums.
    #[metric(labels = ["model", "status"])]
    enums: Counter,
    /// By two strings.
    #[metric(labels = ["endpoint", "client"])]
    strings: Counter,
    /// Without labels.
    #[metric(buckets = BOUNDS.to_vec())]
    seconds: Histogram,
    /// By two strings.
    #[metric(labels = ["endpoint", "client"], buckets = BOUNDS.to_vec())]
    strings_seconds: Histogram,
}

/// How often `prometric` counted, in the default registry of `prometheus`.
fn prometric_total(name: &'static str) -> impl Fn() -> u64 + Send + Sync {
    move || {
        let text = prometheus::TextEncoder::new()
            .encode_to_string(&prometheus::gather())
            .expect("a string takes everything");
        work::total_in(&text, name)
    }
}

pub(super) fn peer() -> Peer {
    LazyLock::force(&AUTOMETRICS);
    let hits = |row| {
        work::plain(row, "metered, HitCount", || {
            HITS.0.incr();
        })
        .counted(|| HITS.0.get())
    };
    let response_times = |method: fn(&ServiceMetrics) -> &ResponseTime| {
        move || method(&SERVICE.metrics).0.histogram().len()
    };
    Peer {
        alone: vec![
            hits("counter/plain"),
            work::plain("counter/plain", "prometric, accessor", || {
                ACCESSORS.kept().inc();
            })
            .counted(prometric_total("prometric_kept")),
            work::enums("prometric, accessor", |model, status| {
                ACCESSORS.enums(model.as_str(), status.as_str()).inc();
            })
            .counted(prometric_total("prometric_enums")),
            work::dynamic(
                "counter/dynamic",
                "prometric, accessor",
                |endpoint, client| {
                    ACCESSORS.strings(endpoint, client).inc();
                },
            )
            .counted(prometric_total("prometric_strings")),
            work::observe("histogram/handle", "prometric, accessor", |x| {
                ACCESSORS.seconds().observe(x);
            })
            .counted(prometric_total("prometric_seconds_count")),
            work::observe_dynamic("prometric, accessor", |endpoint, client, x| {
                ACCESSORS.strings_seconds(endpoint, client).observe(x);
            })
            .counted(prometric_total("prometric_strings_seconds_count")),
            calls(
                "timed/sync",
                "metered, #[measure]",
                Side::Peer,
                metered_call,
            )
            .counted(response_times(|metrics| &metrics.call.response_time)),
            calls(
                "timed/sync",
                "autometrics, #[autometrics]",
                Side::Peer,
                autometered,
            )
            .counted(autometrics_total("autometered")),
            calls("timed/async", "metered, #[measure]", Side::Peer, |x| {
                ready(SERVICE.call_async(x))
            })
            .counted(response_times(|metrics| &metrics.call_async.response_time)),
            calls(
                "timed/async",
                "autometrics, #[autometrics]",
                Side::Peer,
                |x| ready(autometered_async(x)),
            )
            .counted(autometrics_total("autometered_async")),
            work::polls(
                "metered, #[measure]",
                Side::Peer,
                |times| SERVICE.polls(times),
                Some(|| SERVICE.metrics.polls.response_time.0.histogram().len()),
            ),
            work::polls(
                "autometrics, #[autometrics]",
                Side::Peer,
                autometered_polls,
                Some(|| autometrics_total("autometered_polls")()),
            ),
        ],
        contended: vec![hits("threads/counter")],
    }
}
