//! `prometheus-static-metric`: a struct of counters for each value of each label, shared, or one for each thread that
//! flushes itself every second.
//!
//! One that is flushed by hand (its `examples/local.rs`) is a reference, no peer: nothing that it counted can be
//! scraped until somebody flushes it on that very thread.

use super::Peer;
use crate::contender::{Contender, Side};
use crate::subjects::{Model, SAME, Status, at, barrier};
use crate::work;
use automatic::{AUTOMATIC, AutomaticModels, AutomaticStatuses, VECTOR};
use prometheus::{IntCounterVec, Opts};
use prometheus_static_metric::make_static_metric;
use std::hint::black_box;
use std::sync::LazyLock;

make_static_metric! {
    pub label_enum Models { tiny, base, small, medium, large }
    pub label_enum Statuses { done, failed, cancelled, rejected }

    pub struct Shared: IntCounter {
        "model" => Models,
        "status" => Statuses,
    }

    pub struct Local: LocalIntCounter {
        "model" => Models,
        "status" => Statuses,
    }
}

impl From<Model> for Models {
    fn from(model: Model) -> Self {
        match model {
            Model::Tiny => Self::tiny,
            Model::Base => Self::base,
            Model::Small => Self::small,
            Model::Medium => Self::medium,
            Model::Large => Self::large,
        }
    }
}

impl From<Status> for Statuses {
    fn from(status: Status) -> Self {
        match status {
            Status::Done => Self::done,
            Status::Failed => Self::failed,
            Status::Cancelled => Self::cancelled,
            Status::Rejected => Self::rejected,
        }
    }
}

static SHARED: LazyLock<IntCounterVec> = LazyLock::new(|| vector("bench_shared_total"));
static FLUSHED: LazyLock<IntCounterVec> = LazyLock::new(|| vector("bench_flushed_total"));

thread_local! {
    static LOCAL: Local = Local::from(&FLUSHED);
}

fn vector(name: &str) -> IntCounterVec {
    IntCounterVec::new(Opts::new(name, "By two enums."), &["model", "status"])
        .expect("the names are right")
}

fn total(vector: &IntCounterVec) -> u64 {
    super::over_enums(|model, status| {
        vector
            .with_label_values(&[model.as_str(), status.as_str()])
            .get()
    })
}

mod automatic {
    #![expect(clippy::wildcard_imports, reason = "what it expands to needs them")]

    use prometheus::*;
    use prometheus_static_metric::{auto_flush_from, make_auto_flush_static_metric};
    use std::sync::LazyLock;

    make_auto_flush_static_metric! {
        pub label_enum AutomaticModels { tiny, base, small, medium, large }
        pub label_enum AutomaticStatuses { done, failed, cancelled, rejected }

        pub struct Automatic: LocalIntCounter {
            "model" => AutomaticModels,
            "status" => AutomaticStatuses,
        }
    }

    pub(super) static VECTOR: LazyLock<IntCounterVec> =
        LazyLock::new(|| super::vector("bench_automatic_total"));

    pub(super) static AUTOMATIC: LazyLock<Automatic> =
        LazyLock::new(|| auto_flush_from!(VECTOR, Automatic));
}

impl From<Model> for AutomaticModels {
    fn from(model: Model) -> Self {
        match model {
            Model::Tiny => Self::tiny,
            Model::Base => Self::base,
            Model::Small => Self::small,
            Model::Medium => Self::medium,
            Model::Large => Self::large,
        }
    }
}

impl From<Status> for AutomaticStatuses {
    fn from(status: Status) -> Self {
        match status {
            Status::Done => Self::done,
            Status::Failed => Self::failed,
            Status::Cancelled => Self::cancelled,
            Status::Rejected => Self::rejected,
        }
    }
}

/// Counts in the thread's own struct, which flushes itself every second, and for the check at the end of the batch.
fn automatic(row: &'static str) -> Contender {
    let name = "prometheus-static-metric, auto flush";
    Contender::new(row, name, Side::Peer, |times| {
        let automatic = black_box(&*AUTOMATIC);
        let table = black_box(&SAME);
        for turn in 0..times {
            let (model, status) = *at(table, turn);
            automatic.get(model.into()).get(status.into()).inc();
            barrier();
        }
        automatic.flush();
    })
    .counted(|| total(&VECTOR))
}

/// Counts in the thread's own struct, and flushes it at the end of the batch.
fn local(row: &'static str) -> Contender {
    let name = "prometheus-static-metric, local, flushed by hand";
    Contender::new(row, name, Side::Reference, |times| {
        let table = black_box(&SAME);
        for turn in 0..times {
            let (model, status) = *at(table, turn);
            LOCAL.with(|local| local.get(model.into()).get(status.into()).inc());
            barrier();
        }
        LOCAL.with(Local::flush);
    })
    .counted(|| total(&FLUSHED))
}

pub(super) fn peer() -> Peer {
    let shared = Shared::from(&SHARED);
    let by_enums = work::enums("prometheus-static-metric", move |model, status| {
        shared.get(model.into()).get(status.into()).inc();
    })
    .counted(|| total(&SHARED));
    Peer {
        alone: vec![by_enums, automatic("counter/enums"), local("counter/enums")],
        contended: vec![automatic("threads/counter"), local("threads/counter")],
    }
}
