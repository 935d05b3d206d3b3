//! From no label to eight, all of them strings.

use super::Section;
use crate::contender::{Contender, Side};
use crate::peers::PROMETHEUS;
use crate::subjects::{at, barrier};
use crate::turns;
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::register_int_counter_vec_with_registry;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use std::error::Error;
use std::hint::black_box;
use std::sync::LazyLock;

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
    #[expect(clippy::too_many_arguments, reason = "this is what is measured")]
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
) -> Contender {
    Contender::new(row, name, side, move |times| {
        let work = black_box(&work);
        let values = black_box(&*VALUES);
        for turn in 0..times {
            work(at(values, turn));
            barrier();
        }
    })
}

macro_rules! row {
    ($number:literal: $function:ident, $($label:ident = $place:literal),*) => {{
        const ROW: &str = $number;
        const NAMES: &[&str] = &[$(stringify!($label)),*];
        const COUNT: usize = NAMES.len();
        let vector = register_int_counter_vec_with_registry!(
            concat!("bench_labels", $number, "_total"), "By strings.", NAMES, PROMETHEUS
        )?;
        let family = Family::<[String; COUNT], Counter>::default();
        let otel = METER.0.meter("bench").u64_counter(concat!("labels", $number)).build();
        [
            contender(ROW, "instrumetrics, declared call", Side::Ours, |_values| {
                telemetry::$function($(&_values[$place]),*).inc();
            }),
            contender(ROW, "prometheus, with_label_values", Side::Peer, move |_values| {
                let labels: [&str; COUNT] = [$(&_values[$place]),*];
                vector.with_label_values(&labels).inc();
            }),
            contender(ROW, "prometheus-client, Family", Side::Peer, move |_values| {
                family.get_or_create(&[$(_values[$place].clone()),*]).inc();
            }),
            contender(ROW, "metrics, counter!", Side::Peer, |_values| {
                metrics::counter!(
                    concat!("bench_labels", $number, "_total")
                    $(, stringify!($label) => _values[$place].clone())*
                )
                .increment(1);
            }),
            contender(ROW, "opentelemetry, Counter", Side::Peer, move |_values| {
                otel.add(1, &[$(KeyValue::new(stringify!($label), _values[$place].clone())),*]);
            }),
        ]
    }};
}

pub(super) fn measure(name: &str, rounds: usize) -> Result<Section, Box<dyn Error>> {
    let rows = [
        row!("0": labels0_total,),
        row!("1": labels1_total, a = 0),
        row!("2": labels2_total, a = 0, b = 1),
        row!("4": labels4_total, a = 0, b = 1, c = 2, d = 3),
        row!("8": labels8_total, a = 0, b = 1, c = 2, d = 3, e = 4, f = 5, g = 6, h = 7),
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
