//! Metrics of a test's own, read as an exporter reads them.

use super::Baseline;
use crate::descriptor::{Descriptor, Kind};
use crate::export::sources::Sources;
use crate::family::{Cap, Definition, Pin};
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
        Counter::of_pin(self.pin(Kind::Counter, name, false, &[], labels)).inc_by(amount);
    }

    /// Adds to a counter of reals.
    pub(crate) fn total(&self, name: &str, labels: &[(&str, &str)], amount: f64) {
        crate::cells::add_f64(
            self.pin(Kind::Counter, name, true, &[], labels).cell(),
            amount,
        );
    }

    pub(crate) fn gauge(&self, name: &str, labels: &[(&str, &str)], value: f64) {
        Gauge::of_pin(self.pin(Kind::Gauge, name, false, &[], labels)).set(value);
    }

    pub(crate) fn observe(
        &self,
        name: &str,
        bounds: &'static [f64],
        labels: &[(&str, &str)],
        values: &[f64],
    ) {
        let histogram = Histogram::of_pin(self.pin(Kind::Histogram, name, false, bounds, labels));
        for value in values {
            histogram.observe(*value);
        }
    }

    fn pin(
        &self,
        kind: Kind,
        name: &str,
        real: bool,
        bounds: &'static [f64],
        labels: &[(&str, &str)],
    ) -> Pin {
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
        family.pin(&values)
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
