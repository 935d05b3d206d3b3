//! The peers' registries.

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
    METRICS
        .render()
        .lines()
        .filter_map(|line| line.strip_prefix(name))
        .filter(|rest| rest.starts_with(['{', ' ']))
        .filter_map(|rest| rest.rsplit_once(' ')?.1.parse::<u64>().ok())
        .sum()
}
