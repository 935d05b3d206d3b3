//! `vise`: structs of metrics over `prometheus-client`, families that are only added to.

use super::Peer;
use crate::contender::Side;
use crate::peers::BOUNDS;
use crate::scrape::{self, Scraper};
use crate::subjects::{Model, Status};
use crate::work::{self, calls, total_in};
use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Duration;
use vise::{
    Buckets, Counter, EncodeLabelSet, Family, Format, Histogram, LabeledFamily, Metrics, Registry,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Enums {
    model: Model,
    status: Status,
}

type Strings = (String, String);

#[derive(Debug, Metrics)]
#[metrics(prefix = "vise")]
struct Group {
    /// Kept
    kept: Counter,
    /// By two enums
    enums: Family<Enums, Counter>,
    /// By two strings
    #[metrics(labels = ["endpoint", "client"])]
    strings: LabeledFamily<Strings, Counter, 2>,
    /// Kept
    #[metrics(buckets = Buckets::values(&BOUNDS))]
    observed: Histogram,
    /// By two strings
    #[metrics(buckets = Buckets::values(&BOUNDS), labels = ["endpoint", "client"])]
    observed_strings: LabeledFamily<Strings, Histogram, 2>,
    /// By hand
    #[metrics(buckets = Buckets::values(&BOUNDS))]
    timed: Histogram<Duration>,
}

static GROUP: LazyLock<Group> = LazyLock::new(Group::default);

/// How many observations of this name there are; `vise` tells of histograms only when it writes them.
fn total(name: &'static str) -> impl Fn() -> u64 + Send + Sync {
    move || {
        let mut registry = Registry::empty();
        registry.register_metrics(&*GROUP);
        let mut text = String::new();
        registry
            .encode(&mut text, Format::Prometheus)
            .expect("a string takes everything");
        total_in(&text, name)
    }
}

fn pair(endpoint: &str, client: &str) -> Strings {
    (endpoint.to_owned(), client.to_owned())
}

#[inline(never)]
fn by_hand(x: u64) -> u64 {
    let latency = GROUP.timed.start();
    let y = black_box(x);
    latency.observe();
    y
}

pub(super) fn peer() -> Peer {
    let plain = |row| {
        work::plain(row, "vise, Counter", || {
            GROUP.kept.inc();
        })
        .counted(|| GROUP.kept.get())
    };
    let observe = |row| {
        work::observe(row, "vise, Histogram", |x| GROUP.observed.observe(x))
            .counted(total("vise_observed_count"))
    };
    let count = |endpoint: &str, client: &str| {
        GROUP.strings[&pair(endpoint, client)].inc();
    };
    let counted = || super::over_pairs(|e, c| GROUP.strings[&pair(e, c)].get());
    Peer {
        alone: vec![
            plain("counter/plain"),
            work::enums("vise, Family", |model, status| {
                GROUP.enums[&Enums { model, status }].inc();
            })
            .counted(|| {
                super::over_enums(|model, status| GROUP.enums[&Enums { model, status }].get())
            }),
            work::dynamic("counter/dynamic", "vise, LabeledFamily", count).counted(counted),
            observe("histogram/handle"),
            work::observe_dynamic("vise, LabeledFamily", |endpoint, client, x| {
                GROUP.observed_strings[&pair(endpoint, client)].observe(x);
            })
            .counted(total("vise_observed_strings_count")),
            calls("timed/sync", "vise, start() by hand", Side::Peer, by_hand)
                .counted(total("vise_timed_count")),
        ],
        contended: vec![
            plain("threads/counter"),
            work::one_series("vise, LabeledFamily", count).counted(counted),
            observe("threads/histogram"),
        ],
    }
}

#[derive(Debug, Metrics)]
#[metrics(prefix = "bench_scraped")]
struct Scraped {
    /// Requests by endpoint and client
    #[metrics(labels = ["endpoint", "client"])]
    requests_total: LabeledFamily<Strings, Counter, 2>,
    /// Time to answer by endpoint and client
    #[metrics(buckets = Buckets::values(&BOUNDS), labels = ["endpoint", "client"])]
    request_duration_seconds: LabeledFamily<Strings, Histogram, 2>,
}

pub(super) fn scraper() -> Scraper {
    let scraped = Scraped::default();
    let mut registry = Registry::empty();
    registry.register_metrics(&scraped);
    scrape::fill(
        |e, c, n| {
            scraped.requests_total[&pair(e, c)].inc_by(n);
        },
        |e, c, x| scraped.request_duration_seconds[&pair(e, c)].observe(x),
    );
    Scraper::text("vise, Registry", move |out| {
        registry
            .encode(out, Format::Prometheus)
            .expect("a string takes everything");
    })
}
