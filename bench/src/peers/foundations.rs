//! `foundations-metrics`, the metrics of `foundations`, on their own.

use super::Peer;
use crate::contender::Side;
use crate::peers::BOUNDS;
use crate::scrape::{self, Scraper};
use crate::subjects::{Model, Status};
use crate::work::{self, calls};
use foundations_metrics::{
    Counter, EncodeMetric, Family, Histogram, HistogramBuilder, LowCardinalityFamily,
    LowCardinalityLabel, MetricConstructor, NamedMetric, ThreadLocalCounter, TimeHistogram,
    encode_to_text,
};
use serde::Serialize;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::LazyLock;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Enums {
    model: Model,
    status: Status,
}

impl Serialize for Enums {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut labels = serializer.serialize_struct("Enums", 2)?;
        labels.serialize_field("model", self.model.as_str())?;
        labels.serialize_field("status", self.status.as_str())?;
        labels.end()
    }
}

impl LowCardinalityLabel for Enums {
    const CARDINALITY: NonZeroUsize =
        NonZeroUsize::new(Model::ALL.len() * Status::ALL.len()).expect("twenty");

    fn index(&self) -> usize {
        self.model as usize * Status::ALL.len() + self.status as usize
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
struct Strings {
    endpoint: String,
    client: String,
}

impl Strings {
    fn new(endpoint: &str, client: &str) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            client: client.to_owned(),
        }
    }
}

const BUCKETS: HistogramBuilder = HistogramBuilder { buckets: &BOUNDS };

type Histograms = Family<Strings, TimeHistogram, HistogramBuilder>;

static KEPT: LazyLock<Counter> = LazyLock::new(Counter::default);
static LOCAL: LazyLock<ThreadLocalCounter> = LazyLock::new(ThreadLocalCounter::default);
static ENUMS: LazyLock<LowCardinalityFamily<Enums, Counter>> =
    LazyLock::new(LowCardinalityFamily::default);
static LOCAL_ENUMS: LazyLock<LowCardinalityFamily<Enums, ThreadLocalCounter>> =
    LazyLock::new(LowCardinalityFamily::default);
static STRINGS: LazyLock<Family<Strings, Counter>> = LazyLock::new(Family::default);
static OBSERVED: LazyLock<Histogram> = LazyLock::new(|| BUCKETS.new_metric());
static OBSERVED_TIME: LazyLock<TimeHistogram> = LazyLock::new(|| BUCKETS.new_metric());
static OBSERVED_STRINGS: LazyLock<Histograms> =
    LazyLock::new(|| Family::new_with_constructor(BUCKETS));
static TIMED: LazyLock<TimeHistogram> = LazyLock::new(|| BUCKETS.new_metric());

/// `TimeHistogram`, the one that several threads can use at once, counts in nanoseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "20 seconds at most"
)]
fn nanoseconds(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}

#[inline(never)]
fn by_hand(x: u64) -> u64 {
    let timer = TIMED.start_timer();
    let y = black_box(x);
    drop(timer);
    y
}

fn family_total() -> u64 {
    super::over_pairs(|e, c| STRINGS.get_or_create(&Strings::new(e, c)).get())
}

pub(super) fn peer() -> Peer {
    let plain = |row| {
        work::plain(row, "foundations-metrics, Counter", || {
            KEPT.inc();
        })
        .counted(|| KEPT.get())
    };
    let local = |row| {
        work::plain(row, "foundations-metrics, ThreadLocalCounter", || {
            LOCAL.inc();
        })
        .counted(|| LOCAL.get())
    };
    let observe = |row| {
        work::observe(row, "foundations-metrics, Histogram", |x| {
            OBSERVED.observe(x);
        })
        .counted(|| OBSERVED.snapshot().count())
    };
    let observe_time = |row| {
        work::observe(row, "foundations-metrics, TimeHistogram", |x| {
            OBSERVED_TIME.observe(nanoseconds(x));
        })
        .counted(|| OBSERVED_TIME.snapshot().count())
    };
    let count = |endpoint: &str, client: &str| {
        STRINGS.get_or_create(&Strings::new(endpoint, client)).inc();
    };
    Peer {
        alone: vec![
            plain("counter/plain"),
            local("counter/plain"),
            work::enums(
                "foundations-metrics, LowCardinalityFamily",
                |model, status| {
                    ENUMS.get_or_create(&Enums { model, status }).inc();
                },
            )
            .counted(|| {
                super::over_enums(|model, status| {
                    ENUMS.get_or_create(&Enums { model, status }).get()
                })
            }),
            work::enums(
                "foundations-metrics, of ThreadLocalCounter",
                |model, status| {
                    LOCAL_ENUMS.get_or_create(&Enums { model, status }).inc();
                },
            )
            .counted(|| {
                super::over_enums(|model, status| {
                    LOCAL_ENUMS.get_or_create(&Enums { model, status }).get()
                })
            }),
            work::dynamic("counter/dynamic", "foundations-metrics, Family", count)
                .counted(family_total),
            observe("histogram/handle"),
            observe_time("histogram/handle"),
            work::observe_dynamic("foundations-metrics, Family", |endpoint, client, x| {
                OBSERVED_STRINGS
                    .get_or_create(&Strings::new(endpoint, client))
                    .observe(nanoseconds(x));
            })
            .counted(|| {
                super::over_pairs(|e, c| {
                    let histogram = OBSERVED_STRINGS.get_or_create(&Strings::new(e, c));
                    histogram.snapshot().count()
                })
            }),
            calls(
                "timed/sync",
                "foundations-metrics, timer by hand",
                Side::Peer,
                by_hand,
            )
            .counted(|| TIMED.snapshot().count()),
        ],
        contended: vec![
            plain("threads/counter"),
            local("threads/counter"),
            work::one_series("foundations-metrics, Family", count).counted(family_total),
            observe("threads/histogram"),
            observe_time("threads/histogram"),
        ],
    }
}

pub(super) fn scraper() -> Scraper {
    let counters = Family::<Strings, Counter>::default();
    let histograms = Histograms::new_with_constructor(BUCKETS);
    scrape::fill(
        |e, c, n| {
            counters.get_or_create(&Strings::new(e, c)).inc_by(n);
        },
        |e, c, x| {
            histograms
                .get_or_create(&Strings::new(e, c))
                .observe(nanoseconds(x));
        },
    );
    let counters = NamedMetric::new(
        "bench_scraped_requests_total",
        "Requests by endpoint and client.",
        counters,
    );
    let histograms = NamedMetric::new(
        "bench_scraped_request_duration_seconds",
        "Time to answer by endpoint and client.",
        histograms,
    );
    // What `collect` does for each metric of its one registry, without what else is registered there.
    Scraper::text("foundations-metrics, encode_to_text", move |out| {
        let mut families = counters.encode();
        families.extend(histograms.encode());
        out.push_str(&encode_to_text(&families));
    })
}
