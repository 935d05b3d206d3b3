//! A snapshot: every family at one moment, owned and sorted.

use crate::cells;
use crate::descriptor::Kind;
use crate::family::{Family, Series};
use crate::registry::Registry;
use std::sync::Arc;

/// All metrics at one moment: families by name, series by label values. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    families: Arc<[FamilySnapshot]>,
}

/// One metric with all its series.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FamilySnapshot {
    /// The exposed name.
    pub name: String,
    /// One sentence for the operator.
    pub help: String,
    /// Counter, gauge or histogram.
    pub kind: Kind,
    /// The base unit, if the name ends in one.
    pub unit: Option<&'static str>,
    /// The series, by label values.
    pub series: Vec<SeriesSnapshot>,
}

/// One combination of label values.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SeriesSnapshot {
    /// Names and values, by name; absent labels are left out.
    pub labels: Vec<(String, String)>,
    /// What was recorded.
    pub value: Value,
}

/// What a series holds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A counter of whole things.
    Count(u64),
    /// A counter of reals, such as seconds.
    Total(f64),
    /// A gauge.
    Gauge(f64),
    /// A histogram.
    Histogram(HistogramSnapshot),
}

/// The buckets and the sum of a histogram.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramSnapshot {
    bounds: &'static [f64],
    /// One more than there are bounds; the last is up to infinity.
    counts: Vec<u64>,
    sum: f64,
}

impl HistogramSnapshot {
    pub(crate) fn read(start: u32, bounds: &'static [f64]) -> Self {
        // The sum first: what is observed meanwhile is then in the buckets rather than missing there.
        let sum = cells::sum_f64(start);
        let mut counts = vec![0; bounds.len() + 1];
        cells::sum_all(start + 1, &mut counts);
        Self {
            bounds,
            counts,
            sum,
        }
    }

    /// Upper bounds with the number of observations up to each, the last being infinity.
    pub fn buckets(&self) -> impl Iterator<Item = (f64, u64)> {
        let bounds = self.bounds.iter().copied().chain([f64::INFINITY]);
        bounds
            .zip(&self.counts)
            .scan(0_u64, |cumulative, (bound, count)| {
                *cumulative = cumulative.wrapping_add(*count);
                Some((bound, *cumulative))
            })
    }

    /// How many values were observed; equal to the last bucket.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts
            .iter()
            .fold(0, |all, count| all.wrapping_add(*count))
    }

    /// The sum of the observed values.
    #[must_use]
    pub const fn sum(&self) -> f64 {
        self.sum
    }
}

/// A snapshot of the declared metrics of this process.
#[must_use]
pub fn snapshot() -> Snapshot {
    of(&[Registry::linked()])
}

/// A snapshot of several registries.
pub(crate) fn of(registries: &[&Registry]) -> Snapshot {
    let mut families = Vec::new();
    for registry in registries {
        registry.families_into(&mut families);
    }
    of_families(&families)
}

/// A snapshot of some families.
pub(crate) fn of_families(families: &[Arc<Family>]) -> Snapshot {
    let mut families: Vec<FamilySnapshot> = families
        .iter()
        .map(FamilySnapshot::of)
        .filter(|family| !family.series.is_empty())
        .collect();
    // Stable: of two of one name the declared one, which comes first, is found.
    families.sort_by(|a, b| a.name.cmp(&b.name));
    Snapshot {
        families: families.into(),
    }
}

impl Snapshot {
    /// The families by name. One with dynamic labels and no series yet is left out.
    pub fn families(&self) -> impl Iterator<Item = &FamilySnapshot> {
        self.families.iter()
    }

    /// The value of a counter, found by its exposed name and its labels in any order.
    #[must_use]
    pub fn counter(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        match self.value(name, labels)? {
            #[expect(
                clippy::cast_precision_loss,
                reason = "the families hold the exact value"
            )]
            Value::Count(count) => Some(*count as f64),
            Value::Total(total) => Some(*total),
            Value::Gauge(_) | Value::Histogram(_) => None,
        }
    }

    /// The value of a gauge.
    #[must_use]
    pub fn gauge(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        match self.value(name, labels)? {
            Value::Gauge(value) => Some(*value),
            _ => None,
        }
    }

    /// The buckets and the sum of a histogram.
    #[must_use]
    pub fn histogram(&self, name: &str, labels: &[(&str, &str)]) -> Option<HistogramSnapshot> {
        match self.value(name, labels)? {
            Value::Histogram(histogram) => Some(histogram.clone()),
            _ => None,
        }
    }

    fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<&Value> {
        // A scope's may hold a metric of this name from several sets.
        let mut series = self
            .families
            .iter()
            .filter(|family| family.name == name)
            .flat_map(|family| &family.series);
        Some(&series.find(|series| series.has(labels))?.value)
    }
}

impl FamilySnapshot {
    fn of(family: &Arc<Family>) -> Self {
        let definition = &family.definition;
        Self {
            name: definition.name.to_string(),
            help: definition.help.to_string(),
            kind: definition.kind,
            unit: definition.unit,
            series: family
                .all()
                .iter()
                .filter_map(|series| {
                    Some(SeriesSnapshot {
                        labels: family
                            .labels(series)
                            .map(|(name, value)| (name.to_owned(), value.to_owned()))
                            .collect(),
                        value: Value::of(family, series)?,
                    })
                })
                .collect(),
        }
    }
}

impl SeriesSnapshot {
    /// Whether these are the labels; an empty value is an absent label.
    pub(crate) fn has(&self, labels: &[(&str, &str)]) -> bool {
        let given = labels.iter().filter(|(_, value)| !value.is_empty());
        given.clone().count() == self.labels.len()
            && given.clone().all(|(name, value)| {
                self.labels
                    .iter()
                    .any(|(ours, text)| ours == name && text == value)
            })
    }
}

impl Value {
    /// `None` for a gauge whose closure failed.
    fn of(family: &Family, series: &Series) -> Option<Self> {
        Some(match (family.definition.kind, family.definition.real) {
            (Kind::Counter, false) => Self::Count(cells::sum(series.cell())),
            (Kind::Counter, true) => Self::Total(cells::sum_f64(series.cell())),
            (Kind::Gauge, _) => Self::Gauge(series.gauge()?.value()?),
            (Kind::Histogram, _) => Self::Histogram(HistogramSnapshot::read(
                series.cell(),
                family.definition.bounds,
            )),
        })
    }
}
