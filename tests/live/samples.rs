//! Samples, whoever wrote or read them, and what two lists of them differ in.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write as _;

/// What names a sample: its name and labels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
}

impl Series {
    pub(crate) fn new<'a>(
        name: impl Into<String>,
        labels: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        Self {
            name: name.into(),
            labels: labels.into_iter().map(owned).collect(),
        }
    }

    pub(crate) fn with(mut self, label: &str, value: &str) -> Self {
        self.labels.insert(label.to_owned(), value.to_owned());
        self
    }
}

/// Each series once, with its value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(BTreeMap<Series, f64>);

impl Samples {
    /// Adds a sample, of a series that is not there yet.
    pub(crate) fn insert(&mut self, series: Series, value: f64) {
        match self.0.entry(series) {
            Entry::Vacant(vacant) => vacant.insert(value),
            Entry::Occupied(twice) => panic!("twice: {:?}", twice.key()),
        };
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Series, &f64)> {
        self.0.iter()
    }

    /// The sum over all series of `name` that have these labels among theirs.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has = |series: &Series, (key, value): &(&str, &str)| {
            series.labels.get(*key).is_some_and(|own| own == value)
        };
        self.0
            .iter()
            .filter(|(series, _)| series.name == name)
            .filter(|(series, _)| labels.iter().all(|label| has(series, label)))
            // Not `sum()`, whose zero is negative.
            .fold(0.0, |sum, (_, value)| sum + value)
    }

    /// The value of exactly this series.
    pub(crate) fn get(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let series = Series::new(name, labels.iter().copied());
        self.0.get(&series).copied()
    }

    /// Fails with every difference, if there is any. What the library tells of itself is left out: it changes while other
    /// tests run.
    pub(crate) fn assert_same(&self, expected: &Self, read_by: &str) {
        let mut differences = String::new();
        let others = |series: &&Series| !series.name.starts_with("metrics_");
        for (series, value) in expected.0.iter().filter(|(series, _)| others(series)) {
            match self.0.get(series) {
                None => writeln!(differences, "missing: {series:?} {value}").unwrap(),
                Some(read) if !same(*read, *value) => {
                    writeln!(differences, "{series:?}: {read}, expected {value}").unwrap();
                }
                Some(_) => {}
            }
        }
        for (series, value) in self.0.iter().filter(|(series, _)| others(series)) {
            if !expected.0.contains_key(series) {
                writeln!(differences, "unexpected: {series:?} {value}").unwrap();
            }
        }
        assert!(differences.is_empty(), "read by {read_by}\n{differences}");
    }
}

impl Extend<(Series, f64)> for Samples {
    fn extend<T: IntoIterator<Item = (Series, f64)>>(&mut self, samples: T) {
        for (series, value) in samples {
            self.insert(series, value);
        }
    }
}

impl FromIterator<(Series, f64)> for Samples {
    fn from_iter<T: IntoIterator<Item = (Series, f64)>>(samples: T) -> Self {
        let mut all = Self::default();
        all.extend(samples);
        all
    }
}

/// Equal, or both not a number.
fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()) || (a == 0.0 && b == 0.0)
}

/// What stands above a family's samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(crate) kind: String,
    pub(crate) help: String,
    pub(crate) unit: String,
}

/// Families by the name that `OpenMetrics` gives them: a counter's is without `_total`.
pub(crate) type Families = BTreeMap<String, Metadata>;
