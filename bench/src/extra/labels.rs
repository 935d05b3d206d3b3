//! From no label to eight, all of them strings.

#![expect(
    clippy::too_many_arguments,
    clippy::struct_field_names,
    reason = "eight labels are what is measured, and fields are names of metrics"
)]

use super::Section;
use crate::contender::{Contender, Side};
use crate::peers::{PROMETHEUS, metrics_total};
use crate::subjects::{at, barrier};
use crate::turns;
use crate::work::total_in;
use measured::metric::MetricFamilyEncoding;
use measured::metric::name::MetricName;
use measured::text::BufferedTextEncoder;
use measured::{CounterVec, LabelGroup};
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use paracord::ParaCord;
use prometheus::register_int_counter_vec_with_registry;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use serde::Serialize;
use std::error::Error;
use std::hint::black_box;
use std::sync::{Arc, LazyLock};
use vise::{EncodeLabelSet, Metrics};

/// What is measured with.
#[instrumetrics::metrics(namespace = "bench")]
mod telemetry {
    use instrumetrics::Counter;

    /// Without labels.
    pub fn labels0_total() -> Counter;

    /// With one.
    pub fn labels1_total(a: &str) -> Counter;

    /// With two.
    pub fn labels2_total(a: &str, b: &str) -> Counter;

    /// With four.
    pub fn labels4_total(a: &str, b: &str, c: &str, d: &str) -> Counter;

    /// With eight.
    pub fn labels8_total(
        a: &str,
        b: &str,
        c: &str,
        d: &str,
        e: &str,
        f: &str,
        g: &str,
        h: &str,
    ) -> Counter;
}

type Values = [String; 8];

/// 64 combinations.
static VALUES: LazyLock<[Values; 64]> = LazyLock::new(|| {
    std::array::from_fn(|turn| {
        std::array::from_fn(|label| format!("value-{label}-{}", turn * 37 % 64))
    })
});

/// A provider without a reader would record nothing.
static METER: LazyLock<(SdkMeterProvider, prometheus::Registry)> = LazyLock::new(|| {
    let registry = prometheus::Registry::new();
    let exporter = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .build()
        .expect("a fresh registry takes it");
    (
        SdkMeterProvider::builder().with_reader(exporter).build(),
        registry,
    )
});

fn contender(
    row: &'static str,
    name: &'static str,
    side: Side,
    work: impl Fn(&Values) + Send + Sync + 'static,
    value: impl Fn(&Values) -> u64 + Send + Sync + 'static,
) -> Contender {
    Contender::new(row, name, side, move |times| {
        let work = black_box(&work);
        let values = black_box(&*VALUES);
        for turn in 0..times {
            work(at(values, turn));
            barrier();
        }
    })
    .counted(move || {
        // Without labels it is the same value 64 times.
        let different = if row == "0" { 1 } else { VALUES.len() };
        VALUES.iter().take(different).map(&value).sum()
    })
}

/// As [`contender`], of a peer that tells its total as text.
fn peer(
    row: &'static str,
    name: &'static str,
    work: impl Fn(&Values) + Send + Sync + 'static,
    text: impl Fn() -> String + Send + Sync + 'static,
    metric: &'static str,
) -> Contender {
    let contender = contender(row, name, Side::Peer, work, |_| 0);
    contender.counted(move || total_in(&text(), metric))
}

/// What is in a registry of `prometheus`.
fn text_of(registry: &prometheus::Registry) -> String {
    let gathered = registry.gather();
    let text = prometheus::TextEncoder::new().encode_to_string(&gathered);
    text.expect("a string takes everything")
}

/// What a metric of `measured` holds.
fn text_of_measured(metric: &impl MetricFamilyEncoding<BufferedTextEncoder>) -> String {
    let mut encoder = BufferedTextEncoder::new();
    let name = MetricName::from_str("measured");
    let collected = metric.collect_family_into(name, &mut encoder);
    collected.expect("memory takes everything");
    String::from_utf8_lossy(&encoder.finish()).into_owned()
}

/// Its accessors look each label up.
#[prometric_derive::metrics(scope = "bench_labels", static)]
struct Accessors {
    /// Without labels.
    #[metric]
    labels0_total: prometric::Counter,
    /// With one.
    #[metric(labels = ["a"])]
    labels1_total: prometric::Counter,
    /// With two.
    #[metric(labels = ["a", "b"])]
    labels2_total: prometric::Counter,
    /// With four.
    #[metric(labels = ["a", "b", "c", "d"])]
    labels4_total: prometric::Counter,
    /// With eight.
    #[metric(labels = ["a", "b", "c", "d", "e", "f", "g", "h"])]
    labels8_total: prometric::Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet, Serialize)]
struct Strings1 {
    a: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet, Serialize)]
struct Strings2 {
    a: String,
    b: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet, Serialize)]
struct Strings4 {
    a: String,
    b: String,
    c: String,
    d: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet, Serialize)]
struct Strings8 {
    a: String,
    b: String,
    c: String,
    d: String,
    e: String,
    f: String,
    g: String,
    h: String,
}

/// `vise` makes families as fields of a struct only.
#[derive(Debug, Metrics)]
#[metrics(prefix = "bench")]
struct Families {
    /// With one
    labels1_total: vise::Family<Strings1, vise::Counter>,
    /// With two
    labels2_total: vise::Family<Strings2, vise::Counter>,
    /// With four
    labels4_total: vise::Family<Strings4, vise::Counter>,
    /// With eight
    labels8_total: vise::Family<Strings8, vise::Counter>,
}

static FAMILIES: LazyLock<Families> = LazyLock::new(Families::default);

/// Those whose labels are fields of a struct: `vise`, `measured` and `foundations-metrics`.
macro_rules! structs {
    ($row:ident: $function:ident, NoStrings,) => {{
        let kept: vise::Counter = Default::default();
        let (count, value) = (kept.clone(), kept);
        let vise = contender($row, "vise, Family", Side::Peer, move |_| { count.inc(); }, move |_| value.get());
        let kept = Arc::new(measured::Counter::new());
        let (count, value) = (Arc::clone(&kept), kept);
        let measured = peer(
            $row, "measured, CounterVec", move |_| count.inc(),
            move || text_of_measured(&*value), "measured",
        );
        let kept: foundations_metrics::Counter = Default::default();
        let (count, value) = (kept.clone(), kept);
        let foundations = contender(
            $row, "foundations-metrics, Family", Side::Peer, move |_| { count.inc(); }, move |_| value.get(),
        );
        [vise, measured, foundations]
    }};
    ($row:ident: $function:ident, $owned:ident, $($label:ident = $place:literal),+) => {{
        #[derive(Clone, Copy, Debug, PartialEq, LabelGroup)]
        #[label(set = BorrowedSet)]
        struct Borrowed<'a> { $(#[label(dynamic_with = ParaCord)] $label: &'a str),+ }

        let owned = |values: &Values| $owned { $($label: values[$place].clone()),+ };

        let vise = contender(
            $row, "vise, Family", Side::Peer,
            move |values| { FAMILIES.$function[&owned(values)].inc(); },
            move |values| FAMILIES.$function[&owned(values)].get(),
        );
        let kept = Arc::new(CounterVec::with_label_set(BorrowedSet { $($label: ParaCord::default()),+ }));
        let (count, value) = (Arc::clone(&kept), kept);
        let measured = peer(
            $row, "measured, CounterVec",
            move |values| count.inc(Borrowed { $($label: &values[$place]),+ }),
            move || text_of_measured(&*value), "measured",
        );
        let kept = foundations_metrics::Family::<$owned, foundations_metrics::Counter>::default();
        let (count, value) = (kept.clone(), kept);
        let foundations = contender(
            $row, "foundations-metrics, Family", Side::Peer,
            move |values| { count.get_or_create(&owned(values)).inc(); },
            move |values| value.get_or_create(&owned(values)).get(),
        );
        [vise, measured, foundations]
    }};
}

macro_rules! row {
    ($number:literal: $function:ident, $owned:ident, $($label:ident = $place:literal),*) => {{
        const ROW: &str = $number;
        const NAMES: &[&str] = &[$(stringify!($label)),*];
        const COUNT: usize = NAMES.len();
        let vector = register_int_counter_vec_with_registry!(
            concat!("bench_labels", $number, "_total"), "By strings.", NAMES, PROMETHEUS
        )?;
        let vector_read = vector.clone();
        let family = Family::<[String; COUNT], Counter>::default();
        let family_read = family.clone();
        let otel = METER.0.meter("bench").u64_counter(concat!("labels", $number)).build();
        let mut all = vec![
            contender(ROW, "instrumetrics, declared call", Side::Ours, |_values| {
                telemetry::$function($(&_values[$place]),*).inc();
            }, |_values| telemetry::$function($(&_values[$place]),*).value()),
            contender(ROW, "prometheus, with_label_values", Side::Peer, move |_values| {
                let labels: [&str; COUNT] = [$(&_values[$place]),*];
                vector.with_label_values(&labels).inc();
            }, move |_values| {
                let labels: [&str; COUNT] = [$(&_values[$place]),*];
                vector_read.with_label_values(&labels).get()
            }),
            contender(ROW, "prometheus-client, Family", Side::Peer, move |_values| {
                family.get_or_create(&[$(_values[$place].clone()),*]).inc();
            }, move |_values| family_read.get_or_create(&[$(_values[$place].clone()),*]).get()),
            contender(ROW, "metrics, counter!", Side::Peer, |_values| {
                metrics::counter!(
                    concat!("bench_labels", $number, "_total")
                    $(, stringify!($label) => _values[$place].clone())*
                )
                .increment(1);
            }, |_| 0)
            .counted(|| metrics_total(concat!("bench_labels", $number, "_total"))),
            peer(ROW, "opentelemetry, Counter", move |_values| {
                otel.add(1, &[$(KeyValue::new(stringify!($label), _values[$place].clone())),*]);
            }, || text_of(&METER.1), concat!("labels", $number, "_total")),
            peer(ROW, "prometric, accessor", |_values| {
                ACCESSORS.$function($(&*_values[$place]),*).inc();
            }, || text_of(prometheus::default_registry()), concat!("bench_labels_labels", $number, "_total")),
        ];
        all.extend(structs!(ROW: $function, $owned, $($label = $place),*));
        all
    }};
}

pub(super) fn measure(name: &str, rounds: usize) -> Result<Section, Box<dyn Error>> {
    let rows = [
        row!("0": labels0_total, NoStrings,),
        row!("1": labels1_total, Strings1, a = 0),
        row!("2": labels2_total, Strings2, a = 0, b = 1),
        row!("4": labels4_total, Strings4, a = 0, b = 1, c = 2, d = 3),
        row!("8": labels8_total, Strings8, a = 0, b = 1, c = 2, d = 3, e = 4, f = 5, g = 6, h = 7),
    ];
    let all: Vec<_> = rows.into_iter().flatten().collect();
    let figures = turns::run(&all, rounds);
    let numbers = ["0", "1", "2", "4", "8"];
    let mut section = Section::new(
        name,
        "Nanoseconds to count with so many labels, 64 combinations in turn",
        numbers,
    );
    for who in figures.iter().filter(|x| x.row == "0") {
        let same = figures.iter().filter(|x| x.name == who.name);
        section.row(who.name, same.map(|x| x.ns));
    }
    Ok(section)
}
