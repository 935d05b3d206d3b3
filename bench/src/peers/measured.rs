//! `measured`: label values are encoded to integers, and families are arrays or sharded maps of them.

use super::Peer;
use crate::contender::Side;
use crate::peers::BOUNDS;
use crate::scrape::{self, Scraper};
use crate::subjects::{Model, Status};
use crate::work::{self, calls, total_in};
use measured::label::StaticLabelSet;
use measured::metric::histogram::Thresholds;
use measured::text::BufferedTextEncoder;
use measured::{Counter, CounterVec, Histogram, HistogramVec, LabelGroup, MetricGroup};
use paracord::ParaCord;
use std::hint::black_box;
use std::sync::{Arc, LazyLock};

#[derive(Clone, Copy, Debug, PartialEq, LabelGroup)]
#[label(set = EnumsSet)]
struct Enums {
    model: Model,
    status: Status,
}

#[derive(Clone, Copy, Debug, PartialEq, LabelGroup)]
#[label(set = StringsSet)]
pub(crate) struct Strings<'a> {
    #[label(dynamic_with = ParaCord)]
    pub(crate) endpoint: &'a str,
    #[label(dynamic_with = ParaCord)]
    pub(crate) client: &'a str,
}

fn strings() -> StringsSet {
    StringsSet {
        endpoint: ParaCord::default(),
        client: ParaCord::default(),
    }
}

fn thresholds() -> Thresholds<11> {
    Thresholds::with_buckets(BOUNDS)
}

#[derive(MetricGroup)]
#[expect(
    clippy::struct_field_names,
    reason = "they are the names of the metrics"
)]
struct Group {
    /// Kept.
    measured_kept_total: Counter,
    /// By two enums.
    measured_enums_total: CounterVec<EnumsSet>,
    /// By two strings.
    measured_strings_total: CounterVec<StringsSet>,
    /// Kept.
    measured_seconds: Histogram<11>,
    /// By two strings.
    measured_strings_seconds: HistogramVec<StringsSet, 11>,
    /// By hand.
    measured_timed_seconds: Histogram<11>,
}

static GROUP: LazyLock<Group> = LazyLock::new(|| Group {
    measured_kept_total: Counter::new(),
    measured_enums_total: CounterVec::with_label_set(EnumsSet {
        model: StaticLabelSet::new(),
        status: StaticLabelSet::new(),
    }),
    measured_strings_total: CounterVec::with_label_set(strings()),
    measured_seconds: Histogram::with_metadata(thresholds()),
    measured_strings_seconds: HistogramVec::with_label_set_and_metadata(strings(), thresholds()),
    measured_timed_seconds: Histogram::with_metadata(thresholds()),
});

/// What is counted under this name.
fn total(name: &'static str) -> impl Fn() -> u64 + Send + Sync {
    move || {
        let mut encoder = BufferedTextEncoder::new();
        GROUP
            .collect_group_into(&mut encoder)
            .expect("memory takes everything");
        total_in(&String::from_utf8_lossy(&encoder.finish()), name)
    }
}

#[inline(never)]
fn by_hand(x: u64) -> u64 {
    let timer = GROUP.measured_timed_seconds.start_timer();
    let y = black_box(x);
    timer.observe();
    y
}

pub(super) fn peer() -> Peer {
    let plain = |row| {
        work::plain(row, "measured, Counter", || GROUP.measured_kept_total.inc())
            .counted(total("measured_kept_total"))
    };
    let observe = |row| {
        work::observe(row, "measured, Histogram", |x| {
            GROUP.measured_seconds.observe(x);
        })
        .counted(total("measured_seconds_count"))
    };
    let count = |endpoint: &str, client: &str| {
        GROUP
            .measured_strings_total
            .inc(Strings { endpoint, client });
    };
    Peer {
        alone: vec![
            plain("counter/plain"),
            work::enums("measured, CounterVec", |model, status| {
                GROUP.measured_enums_total.inc(Enums { model, status });
            })
            .counted(total("measured_enums_total")),
            work::dynamic("counter/dynamic", "measured, CounterVec", count)
                .counted(total("measured_strings_total")),
            observe("histogram/handle"),
            work::observe_dynamic("measured, HistogramVec", |endpoint, client, x| {
                let strings = Strings { endpoint, client };
                GROUP.measured_strings_seconds.observe(strings, x);
            })
            .counted(total("measured_strings_seconds_count")),
            calls("timed/sync", "measured, timer by hand", Side::Peer, by_hand)
                .counted(total("measured_timed_seconds_count")),
        ],
        contended: vec![
            plain("threads/counter"),
            work::one_series("measured, CounterVec", count)
                .counted(total("measured_strings_total")),
            observe("threads/histogram"),
        ],
    }
}

#[derive(MetricGroup)]
struct Scraped {
    /// Requests by endpoint and client.
    bench_scraped_requests_total: CounterVec<StringsSet>,
    /// Time to answer by endpoint and client.
    bench_scraped_request_duration_seconds: HistogramVec<StringsSet, 11>,
}

pub(super) fn scraper() -> Scraper {
    let scraped = Arc::new(Scraped {
        bench_scraped_requests_total: CounterVec::with_label_set(strings()),
        bench_scraped_request_duration_seconds: HistogramVec::with_label_set_and_metadata(
            strings(),
            thresholds(),
        ),
    });
    scrape::fill(
        |endpoint, client, n| {
            let strings = Strings { endpoint, client };
            scraped.bench_scraped_requests_total.inc_by(strings, n);
        },
        |endpoint, client, x| {
            let strings = Strings { endpoint, client };
            scraped
                .bench_scraped_request_duration_seconds
                .observe(strings, x);
        },
    );
    let mut encoder = BufferedTextEncoder::new();
    Scraper::new("measured, BufferedTextEncoder", move |out| {
        scraped
            .collect_group_into(&mut encoder)
            .expect("memory takes everything");
        // A copy of what it hands over would be ours, not theirs: 2 MB, some 0.1 ms.
        out.extend_from_slice(&encoder.finish());
    })
}
