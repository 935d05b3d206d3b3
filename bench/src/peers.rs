//! The peers: their registries, and what those do that have a module of their own. (`prometheus` and the `metrics`
//! facade stand beside ours in `subjects`.)

mod foundations;
mod macros;
mod measured;
mod nothing;
mod otel;
mod prometheus_client;
mod static_metric;
mod vise;

use crate::contender::Contender;
use crate::scrape::Scraper;
use crate::subjects::{Model, PAIRS, Status};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::LazyLock;

/// Where everything of the `prometheus` crate is registered.
pub static PROMETHEUS: LazyLock<prometheus::Registry> = LazyLock::new(prometheus::Registry::new);

/// Buckets of every histogram: the default of the toolkit for seconds and of `prometheus`.
pub const BOUNDS: [f64; 11] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// The recorder of the `metrics` facade.
///
/// # Panics
///
/// When another recorder is installed: then nothing of it would be measured.
pub static METRICS: LazyLock<PrometheusHandle> = LazyLock::new(|| {
    PrometheusBuilder::new()
        .set_buckets(&BOUNDS)
        .and_then(PrometheusBuilder::install_recorder)
        .expect("no other recorder is installed")
});

/// Installs what must be there before the first handle is taken.
pub fn install() {
    LazyLock::force(&METRICS);
}

/// What a program that uses the `metrics` facade does every few seconds: its histograms keep every single
/// observation until then.
pub fn upkeep() {
    METRICS.run_upkeep();
}

/// The sum of all samples of a name in what the `metrics` facade exposes.
#[must_use]
pub fn metrics_total(name: &str) -> u64 {
    crate::work::total_in(&METRICS.render(), name)
}

/// What a peer does.
struct Peer {
    /// On one thread.
    alone: Vec<Contender>,
    /// On several threads at once, without bounds on memory.
    contended: Vec<Contender>,
}

fn all() -> [Peer; 8] {
    [
        prometheus_client::peer(),
        static_metric::peer(),
        measured::peer(),
        vise::peer(),
        otel::peer(),
        foundations::peer(),
        macros::peer(),
        nothing::peer(),
    ]
}

/// Everything that the peers with a module of their own do on one thread.
pub(crate) fn alone() -> impl Iterator<Item = Contender> {
    all().into_iter().flat_map(|peer| peer.alone)
}

/// And on several.
pub(crate) fn contended() -> impl Iterator<Item = Contender> {
    all().into_iter().flat_map(|peer| peer.contended)
}

/// How they are scraped, filled with what is scraped.
pub(crate) fn scrapers() -> [Scraper; 5] {
    [
        prometheus_client::scraper(),
        measured::scraper(),
        vise::scraper(),
        otel::scraper(),
        foundations::scraper(),
    ]
}

/// The sum over all values of two enums.
fn over_enums(value: impl Fn(Model, Status) -> u64) -> u64 {
    let all = Model::ALL
        .into_iter()
        .flat_map(|model| Status::ALL.map(|status| (model, status)));
    all.map(|(model, status)| value(model, status)).sum()
}

/// The sum over all pairs of strings.
fn over_pairs(value: impl Fn(&str, &str) -> u64) -> u64 {
    PAIRS
        .iter()
        .map(|(endpoint, client)| value(endpoint, client))
        .sum()
}
