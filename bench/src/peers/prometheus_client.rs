//! `prometheus-client`: families of typed label sets behind a read lock.

use super::Peer;
use crate::contender::Side;
use crate::peers::BOUNDS;
use crate::scrape::{self, Scraper};
use crate::subjects::{Model, Status};
use crate::work::{self, calls};
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::fmt::{self, Write};
use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Instant;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Enums {
    model: Model,
    status: Status,
}

impl EncodeLabelValue for Model {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(self.as_str())
    }
}

impl EncodeLabelValue for Status {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(self.as_str())
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct Strings {
    pub(crate) endpoint: String,
    pub(crate) client: String,
}

impl Strings {
    pub(crate) fn new(endpoint: &str, client: &str) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            client: client.to_owned(),
        }
    }
}

type Histograms = Family<Strings, Histogram, fn() -> Histogram>;

fn histogram() -> Histogram {
    Histogram::new(BOUNDS)
}

fn histograms() -> Histograms {
    Family::new_with_constructor(histogram)
}

static TIMED: LazyLock<Histogram> = LazyLock::new(histogram);

#[inline(never)]
fn by_hand(x: u64) -> u64 {
    let start = Instant::now();
    let y = black_box(x);
    TIMED.observe(start.elapsed().as_secs_f64());
    y
}

pub(super) fn peer() -> Peer {
    let counter = Counter::<u64>::default();
    let enums = Family::<Enums, Counter>::default();
    let strings = Family::<Strings, Counter>::default();
    let observed = histogram();
    let observed_strings = histograms();
    let plain = |row| {
        let (counter, total) = (counter.clone(), counter.clone());
        work::plain(row, "prometheus-client, Counter", move || {
            counter.inc();
        })
        .counted(move || total.get())
    };
    let observe = |row| {
        let (histogram, total) = (observed.clone(), observed.clone());
        work::observe(row, "prometheus-client, Histogram", move |x| {
            histogram.observe(x);
        })
        .counted(move || total.count())
    };
    let by_pairs = {
        let (family, total) = (strings.clone(), strings.clone());
        work::dynamic(
            "counter/dynamic",
            "prometheus-client, Family",
            move |e, c| {
                family.get_or_create(&Strings::new(e, c)).inc();
            },
        )
        .counted(move || super::over_pairs(|e, c| total.get_or_create(&Strings::new(e, c)).get()))
    };
    let one_series = {
        let total = strings.clone();
        work::one_series("prometheus-client, Family", move |e, c| {
            strings.get_or_create(&Strings::new(e, c)).inc();
        })
        .counted(move || super::over_pairs(|e, c| total.get_or_create(&Strings::new(e, c)).get()))
    };
    let by_enums = {
        let total = enums.clone();
        work::enums("prometheus-client, Family", move |model, status| {
            enums.get_or_create(&Enums { model, status }).inc();
        })
        .counted(move || {
            super::over_enums(|model, status| total.get_or_create(&Enums { model, status }).get())
        })
    };
    let observe_pairs = {
        let total = observed_strings.clone();
        work::observe_dynamic("prometheus-client, Family", move |e, c, x| {
            observed_strings
                .get_or_create(&Strings::new(e, c))
                .observe(x);
        })
        .counted(move || super::over_pairs(|e, c| total.get_or_create(&Strings::new(e, c)).count()))
    };
    let timed = calls(
        "timed/sync",
        "prometheus-client, by hand",
        Side::Peer,
        by_hand,
    )
    .counted(|| TIMED.count());
    Peer {
        contended: vec![
            plain("threads/counter"),
            one_series,
            observe("threads/histogram"),
        ],
        alone: vec![
            plain("counter/plain"),
            by_enums,
            by_pairs,
            observe("histogram/handle"),
            observe_pairs,
            timed,
        ],
    }
}

pub(super) fn scraper() -> Scraper {
    let mut registry = Registry::default();
    let counters = Family::<Strings, Counter>::default();
    let histograms = histograms();
    // `_total` is added when it is written.
    registry.register(
        "bench_scraped_requests",
        "Requests by endpoint and client",
        counters.clone(),
    );
    registry.register(
        "bench_scraped_request_duration_seconds",
        "Time to answer by endpoint and client",
        histograms.clone(),
    );
    scrape::fill(
        |e, c, n| {
            counters.get_or_create(&Strings::new(e, c)).inc_by(n);
        },
        |e, c, x| histograms.get_or_create(&Strings::new(e, c)).observe(x),
    );
    Scraper::text("prometheus-client, encode", move |out| {
        encode(out, &registry).expect("a string takes everything");
    })
}
