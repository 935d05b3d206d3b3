//! Counters.

use super::{Model, PAIRS, SAME, Status, at, barrier};
use crate::contender::{Contender, Side};
use crate::peers::{PROMETHEUS, metrics_total};
use instrumetrics::{Counter, Descriptor};
use prometheus::{
    IntCounter, IntCounterVec, register_int_counter_vec_with_registry,
    register_int_counter_with_registry,
};
use std::hint::black_box;
use std::sync::LazyLock;

/// What is measured with.
#[instrumetrics::metrics(namespace = "bench")]
mod telemetry {
    use super::{Model, Status};
    use instrumetrics::Counter;

    /// Through a kept handle.
    pub fn kept_total() -> Counter;

    /// Through the declared function.
    pub fn called_total() -> Counter;

    /// By two enums.
    pub fn enums_total(model: Model, status: Status) -> Counter;

    /// By two strings.
    pub fn strings_total(endpoint: &str, client: &str) -> Counter;
}

static STATIC: Counter = Counter::new(&Descriptor::counter(
    "bench_static_total",
    "As a hand-made static.",
));

static INT_COUNTER: LazyLock<IntCounter> = LazyLock::new(|| {
    register_int_counter_with_registry!("bench_kept_total", "Kept.", PROMETHEUS).expect("new")
});

static ENUMS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec_with_registry!(
        "bench_enums_total",
        "By two enums.",
        &["model", "status"],
        PROMETHEUS
    )
    .expect("new")
});

static STRINGS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec_with_registry!(
        "bench_strings_total",
        "By two strings.",
        &["endpoint", "client"],
        PROMETHEUS
    )
    .expect("new")
});

/// No labels.
pub(super) fn plain() -> Vec<Contender> {
    const ROW: &str = "counter/plain";
    let handle = telemetry::kept_total();
    let int_counter = INT_COUNTER.clone();
    let metrics_handle = metrics::counter!("bench_handle_total");
    vec![
        Contender::new(ROW, "instrumetrics, handle", Side::Ours, move |times| {
            let handle = black_box(&handle);
            for _ in 0..times {
                handle.inc();
                barrier();
            }
        })
        .counted(|| telemetry::kept_total().value()),
        Contender::new(ROW, "instrumetrics, declared call", Side::Ours, |times| {
            for _ in 0..times {
                telemetry::called_total().inc();
                barrier();
            }
        })
        .counted(|| telemetry::called_total().value()),
        Contender::new(ROW, "instrumetrics, static", Side::Ours, |times| {
            for _ in 0..times {
                STATIC.inc();
                barrier();
            }
        })
        .counted(|| STATIC.value()),
        Contender::new(ROW, "prometheus, IntCounter", Side::Peer, move |times| {
            let int_counter = black_box(&int_counter);
            for _ in 0..times {
                int_counter.inc();
                barrier();
            }
        })
        .counted(|| INT_COUNTER.get()),
        Contender::new(ROW, "metrics, handle", Side::Peer, move |times| {
            let metrics_handle = black_box(&metrics_handle);
            for _ in 0..times {
                metrics_handle.increment(1);
                barrier();
            }
        })
        .counted(|| metrics_total("bench_handle_total")),
        Contender::new(ROW, "metrics, counter!", Side::Peer, |times| {
            for _ in 0..times {
                metrics::counter!("bench_macro_total").increment(1);
                barrier();
            }
        })
        .counted(|| metrics_total("bench_macro_total")),
    ]
}

/// Two labels of five and four known values, the same series each time.
pub(super) fn enums() -> Vec<Contender> {
    const ROW: &str = "counter/enums";
    fn of_all(value: impl Fn(Model, Status) -> u64) -> u64 {
        let all = Model::ALL
            .into_iter()
            .flat_map(|model| Status::ALL.map(|status| (model, status)));
        all.map(|(model, status)| value(model, status)).sum()
    }
    let by_hand: Vec<IntCounter> = Model::ALL
        .into_iter()
        .flat_map(|model| {
            Status::ALL.map(|status| ENUMS.with_label_values(&[model.as_str(), status.as_str()]))
        })
        .collect();
    vec![
        Contender::new(ROW, "instrumetrics, declared call", Side::Ours, |times| {
            let table = black_box(&SAME);
            for turn in 0..times {
                let (model, status) = *at(table, turn);
                telemetry::enums_total(model, status).inc();
                barrier();
            }
        })
        .counted(|| of_all(|model, status| telemetry::enums_total(model, status).value())),
        Contender::new(ROW, "prometheus, handles in a table by hand", Side::Peer, {
            move |times| {
                let table = black_box(&SAME);
                for turn in 0..times {
                    let (model, status) = *at(table, turn);
                    by_hand[model as usize * Status::ALL.len() + status as usize].inc();
                    barrier();
                }
            }
        })
        .counted(prometheus_enums),
        Contender::new(ROW, "prometheus, with_label_values", Side::Peer, |times| {
            let table = black_box(&SAME);
            for turn in 0..times {
                let (model, status) = *at(table, turn);
                ENUMS
                    .with_label_values(&[model.as_str(), status.as_str()])
                    .inc();
                barrier();
            }
        })
        .counted(prometheus_enums),
        Contender::new(ROW, "metrics, counter!", Side::Peer, |times| {
            let table = black_box(&SAME);
            for turn in 0..times {
                let (model, status) = *at(table, turn);
                metrics::counter!(
                    "bench_enums_total",
                    "model" => model.as_str(),
                    "status" => status.as_str()
                )
                .increment(1);
                barrier();
            }
        })
        .counted(|| metrics_total("bench_enums_total")),
    ]
}

fn prometheus_enums() -> u64 {
    let all = Model::ALL
        .into_iter()
        .flat_map(|model| Status::ALL.map(|status| [model.as_str(), status.as_str()]));
    all.map(|labels| ENUMS.with_label_values(&labels).get())
        .sum()
}

/// Two labels of strings, 64 combinations in turn.
pub(super) fn dynamic() -> Vec<Contender> {
    const ROW: &str = "counter/dynamic";
    vec![
        ours_dynamic(ROW),
        prometheus_dynamic(ROW),
        Contender::new(ROW, "metrics, counter!", Side::Peer, |times| {
            let pairs = black_box(&*PAIRS);
            for turn in 0..times {
                let (endpoint, client) = at(pairs, turn);
                metrics::counter!(
                    "bench_strings_total",
                    "endpoint" => endpoint.clone(),
                    "client" => client.clone()
                )
                .increment(1);
                barrier();
            }
        })
        .counted(|| metrics_total("bench_strings_total")),
    ]
}

/// The same without what allocates, on another row.
pub(super) fn dynamic_on(row: &'static str) -> Vec<Contender> {
    vec![ours_dynamic(row), prometheus_dynamic(row)]
}

fn ours_dynamic(row: &'static str) -> Contender {
    Contender::new(row, "instrumetrics, declared call", Side::Ours, |times| {
        let pairs = black_box(&*PAIRS);
        for turn in 0..times {
            let (endpoint, client) = at(pairs, turn);
            telemetry::strings_total(endpoint, client).inc();
            barrier();
        }
    })
    .counted(|| {
        let all = PAIRS.iter();
        all.map(|(endpoint, client)| telemetry::strings_total(endpoint, client).value())
            .sum()
    })
}

fn prometheus_dynamic(row: &'static str) -> Contender {
    Contender::new(row, "prometheus, with_label_values", Side::Peer, |times| {
        let pairs = black_box(&*PAIRS);
        for turn in 0..times {
            let (endpoint, client) = at(pairs, turn);
            STRINGS.with_label_values(&[endpoint, client]).inc();
            barrier();
        }
    })
    .counted(|| {
        let all = PAIRS.iter();
        all.map(|(endpoint, client)| STRINGS.with_label_values(&[endpoint, client]).get())
            .sum()
    })
}

/// The same counter without labels, for several threads at once.
pub(super) fn contended_plain(row: &'static str) -> Vec<Contender> {
    plain()
        .into_iter()
        .filter(|contender| !contender.name.contains('!'))
        .map(|contender| contender.on(row))
        .collect()
}

/// One series of two strings, for several threads at once.
pub(super) fn contended_dynamic(row: &'static str) -> Vec<Contender> {
    vec![
        Contender::new(row, "instrumetrics, declared call", Side::Ours, |times| {
            let pairs = black_box(&*PAIRS);
            for _ in 0..times {
                let (endpoint, client) = at(pairs, 0);
                telemetry::strings_total(endpoint, client).inc();
                barrier();
            }
        })
        .counted(|| telemetry::strings_total(&PAIRS[0].0, &PAIRS[0].1).value()),
        Contender::new(row, "prometheus, with_label_values", Side::Peer, |times| {
            let pairs = black_box(&*PAIRS);
            for _ in 0..times {
                let (endpoint, client) = at(pairs, 0);
                STRINGS.with_label_values(&[endpoint, client]).inc();
                barrier();
            }
        })
        .counted(|| STRINGS.with_label_values(&[&PAIRS[0].0, &PAIRS[0].1]).get()),
    ]
}
