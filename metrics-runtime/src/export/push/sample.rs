//! Metrics of a test's own, read as an exporter reads them.

use super::Baseline;
use crate::descriptor::{Descriptor, Kind};
use crate::export::sources::Sources;
use crate::family::{Cap, Definition, Member};
use crate::instrument::{Counter, Gauge, Histogram};
use crate::registry::Registry;
use std::borrow::Cow;
use std::sync::Arc;

pub(crate) struct Sample {
    pub(crate) registry: Arc<Registry>,
    sources: Sources,
}

impl Sample {
    pub(crate) fn new() -> Self {
        let registry = Arc::new(Registry::new(Arc::new(Cap::new(100_000)), 100_000));
        let sources = Sources::new("sample");
        sources.attach(&registry);
        Self { registry, sources }
    }

    pub(crate) fn read(&self, baseline: &mut Baseline) {
        baseline.read(&self.sources);
    }

    /// Adds to a counter.
    pub(crate) fn count(&self, name: &str, labels: &[(&str, &str)], amount: u64) {
        Counter::named(&self.member(Kind::Counter, name, false, &[], labels).series).inc_by(amount);
    }

    /// Adds to a counter of reals.
    pub(crate) fn total(&self, name: &str, labels: &[(&str, &str)], amount: f64) {
        crate::cells::add_f64(
            self.member(Kind::Counter, name, true, &[], labels)
                .series
                .cell(),
            amount,
        );
    }

    pub(crate) fn gauge(&self, name: &str, labels: &[(&str, &str)], value: f64) {
        Gauge::named(self.member(Kind::Gauge, name, false, &[], labels)).set(value);
    }

    pub(crate) fn observe(
        &self,
        name: &str,
        bounds: &'static [f64],
        labels: &[(&str, &str)],
        values: &[f64],
    ) {
        let histogram = Histogram::named(
            &self
                .member(Kind::Histogram, name, false, bounds, labels)
                .series,
        );
        for value in values {
            histogram.observe(*value);
        }
    }

    fn member(
        &self,
        kind: Kind,
        name: &str,
        real: bool,
        bounds: &'static [f64],
        labels: &[(&str, &str)],
    ) -> Member {
        let family = self
            .registry
            .find_or_insert(name, usize::MAX, || Definition {
                name: Cow::Owned(name.to_owned()),
                kind,
                real,
                bounds,
                labels: labels
                    .iter()
                    .map(|(label, _)| Cow::Owned((*label).to_owned()))
                    .collect(),
                ..Definition::from(&Descriptor::counter("sample_total", "Sample."))
            });
        let values: Vec<&str> = labels.iter().map(|(_, value)| *value).collect();
        let family = family.expect("names do not clash in a test");
        family
            .series_of(&values)
            .expect("nothing is removed in a test")
    }
}

/// Lines that begin so: the process's own metrics are read too.
pub(crate) fn lines<'a>(text: &'a str, begin: &str) -> Vec<&'a str> {
    text.lines()
        .filter(|line| line.starts_with(begin))
        .collect()
}

/// Label values that would break a line, or become another.
pub(crate) fn hostile() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    prop_oneof![
        "[-a-zA-Z0-9_./:]{1,8}",
        "[ ,;=\"\\\\%~!^{}|#@'\t\r\n0-9A-F]{1,8}",
        "\\PC{1,6}",
        proptest::collection::vec(any::<char>(), 1..6).prop_map(String::from_iter),
    ]
}

/// As many series as a flush is measured with: 10,000 counters with two labels, 1,000 histograms of eleven buckets.
pub(crate) fn many() -> Sample {
    const BOUNDS: &[f64] = &[
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
    ];
    let sample = Sample::new();
    for n in 0..10_000_u32 {
        let (endpoint, client) = (
            format!("/api/v1/resource/{}", n / 100),
            format!("tenant-{:04}", n % 100),
        );
        let labels = [("endpoint", &*endpoint), ("client", &*client)];
        sample.count("many_requests_total", &labels, u64::from(n) * 7);
        if n < 1000 {
            let values: Vec<f64> = (0..20_u32).map(|n| 0.003 * f64::from(n * n)).collect();
            sample.observe("many_request_duration_seconds", BOUNDS, &labels, &values);
        }
    }
    sample
}

/// Milliseconds that each of some steps takes, the median of many rounds, and what they are called.
pub(crate) fn measure(steps: &mut [(&str, &mut dyn FnMut())]) {
    let mut times = vec![Vec::new(); steps.len()];
    for _ in 0..51 {
        for ((_, step), times) in steps.iter_mut().zip(&mut times) {
            let begin = std::time::Instant::now();
            step();
            times.push(begin.elapsed());
        }
    }
    for ((name, _), mut times) in steps.iter().zip(times) {
        times.sort_unstable();
        eprintln!("{name}: {:?}", times[times.len() / 2]);
    }
}
