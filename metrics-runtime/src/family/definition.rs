//! What a family is: a descriptor made at compile time, or one put together at run time.

use super::listed::{Listed, Number};
use crate::config;
use crate::descriptor::{Descriptor, Kind, Site};
use std::borrow::Cow;

/// The definition of a family, with the bounds that hold for it.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) name: Cow<'static, str>,
    pub(crate) help: Cow<'static, str>,
    pub(crate) kind: Kind,
    /// Whether a counter counts reals.
    pub(crate) real: bool,
    pub(crate) labels: Box<[Cow<'static, str>]>,
    /// Upper bounds of a histogram's buckets, without `+Inf`; empty for other kinds.
    pub(crate) bounds: &'static [f64],
    pub(crate) unit: Option<&'static str>,
    pub(crate) namespaced: bool,
    pub(crate) max_series: Option<usize>,
    pub(crate) collected: bool,
    pub(crate) site: Site,
    /// Of a metric by name.
    pub(crate) listed: Option<Listed>,
}

impl From<&Descriptor> for Definition {
    fn from(descriptor: &Descriptor) -> Self {
        Self {
            name: Cow::Borrowed(descriptor.name),
            help: Cow::Borrowed(descriptor.help),
            kind: descriptor.kind,
            real: descriptor.real,
            labels: descriptor
                .labels
                .iter()
                .map(|label| Cow::Borrowed(*label))
                .collect(),
            bounds: match descriptor.kind {
                Kind::Histogram => config::effective_bounds(descriptor.name, descriptor.bounds),
                Kind::Counter | Kind::Gauge => &[],
            },
            unit: descriptor.unit,
            namespaced: descriptor.namespaced,
            max_series: descriptor.max_series,
            collected: descriptor.collected,
            site: descriptor.site,
            listed: None,
        }
    }
}

impl Definition {
    /// Whether both are of one metric: name, kind, label names, unit and bounds; help may differ.
    pub(crate) fn is_identical(&self, other: &Self) -> bool {
        self.name == other.name
            && self.kind == other.kind
            && self.real == other.real
            && self.labels == other.labels
            && self.unit == other.unit
            && self.bounds == other.bounds
    }

    /// What handles on a metric by name tell its name by.
    pub(crate) fn number(&self) -> Number {
        self.listed.as_ref().map_or(Number::NOBODY, Listed::number)
    }

    /// The type as `Counter`, `Counter<f64>`, `Gauge` or `Histogram`.
    pub(crate) const fn type_name(&self) -> &'static str {
        match (self.kind, self.real) {
            (Kind::Counter, false) => "Counter",
            (Kind::Counter, true) => "Counter<f64>",
            (Kind::Gauge, _) => "Gauge",
            (Kind::Histogram, _) => "Histogram",
        }
    }

    /// Every name that the metric takes in some exposition, so that no two metrics write the same sample.
    pub(crate) fn claims(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let exposed = instrumetrics_grammar::exposed(&self.name, self.kind);
        let suffixed = exposed
            .suffixes
            .iter()
            .map(move |suffix| Cow::Owned(format!("{}{suffix}", exposed.base)));
        std::iter::once(Cow::Borrowed(exposed.base)).chain(suffixed)
    }
}
