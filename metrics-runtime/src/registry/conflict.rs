//! Definitions that contradict each other.

use crate::descriptor::{Descriptor, Kind, Site};
use std::borrow::Cow;
use std::fmt;

/// What one side of a conflict says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Definition {
    /// The exposed name.
    pub name: &'static str,
    /// `Counter`, `Counter<f64>`, `Gauge` or `Histogram`.
    pub type_name: &'static str,
    /// The label names.
    pub labels: &'static [&'static str],
    /// The upper bounds of a histogram's buckets.
    pub bounds: &'static [f64],
    /// Where it is declared.
    pub site: Site,
}

impl Definition {
    fn new(descriptor: &Descriptor) -> Self {
        Self {
            name: descriptor.name,
            type_name: descriptor.type_name(),
            labels: descriptor.labels,
            bounds: bounds(descriptor),
            site: descriptor.site,
        }
    }
}

/// Two definitions that cannot both be exposed. The earlier one is; the later one records into a family
/// that is not.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Conflict {
    /// The definition that is exposed.
    pub earlier: Definition,
    /// The definition that is not.
    pub later: Definition,
}

impl Conflict {
    pub(super) fn new(earlier: &Descriptor, later: &Descriptor) -> Self {
        Self {
            earlier: Definition::new(earlier),
            later: Definition::new(later),
        }
    }

    /// The first thing in which the definitions differ, on both sides.
    fn difference(&self) -> (String, String) {
        let (a, b) = (&self.earlier, &self.later);
        if a.name != b.name || a.type_name != b.type_name {
            return (a.type_name.to_owned(), b.type_name.to_owned());
        }
        if a.labels != b.labels {
            let list = |labels: &[&str]| match labels {
                [] => "without labels".to_owned(),
                labels => format!("with labels `{}`", labels.join("`, `")),
            };
            return (list(a.labels), list(b.labels));
        }
        (
            format!("with buckets {:?}", a.bounds),
            format!("with buckets {:?}", b.bounds),
        )
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (a, b) = (&self.earlier, &self.later);
        let (first, second) = self.difference();
        if a.name == b.name {
            write!(
                f,
                "metric `{}` is declared {first} at {} and {second} at {}",
                a.name, a.site, b.site
            )
        } else {
            write!(
                f,
                "metrics `{}` ({first}, at {}) and `{}` ({second}, at {}) expose the same name",
                a.name, a.site, b.name, b.site
            )
        }
    }
}

/// Every conflict found, as an error; see [`check`](crate::check).
#[derive(Clone, Debug, PartialEq)]
pub struct Conflicts(pub(super) Vec<Conflict>);

impl Conflicts {
    /// The conflicts, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Conflict> {
        self.0.iter()
    }
}

impl fmt::Display for Conflicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, conflict) in self.0.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{conflict}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Conflicts {}

/// Whether two definitions are of one metric: name, kind, label names, unit and bounds; help may differ.
pub(super) fn identical(a: &Descriptor, b: &Descriptor) -> bool {
    a.name == b.name
        && a.kind == b.kind
        && a.real == b.real
        && a.labels == b.labels
        && a.unit == b.unit
        && bounds(a) == bounds(b)
}

fn bounds(descriptor: &Descriptor) -> &'static [f64] {
    match descriptor.kind {
        Kind::Histogram => descriptor.effective_bounds(),
        Kind::Counter | Kind::Gauge => &[],
    }
}

/// Every name that a metric takes in some exposition, so that no two metrics write the same sample.
pub(super) fn claims(descriptor: &Descriptor) -> impl Iterator<Item = Cow<'static, str>> + use<> {
    let name = descriptor.name;
    let (base, suffixes): (&'static str, &[&str]) = match descriptor.kind {
        Kind::Counter => (
            name.strip_suffix("_total").unwrap_or(name),
            &["_total", "_created"],
        ),
        Kind::Gauge => (name, &[]),
        Kind::Histogram => (name, &["_bucket", "_sum", "_count", "_created"]),
    };
    std::iter::once(Cow::Borrowed(base)).chain(
        suffixes
            .iter()
            .map(move |suffix| Cow::Owned(format!("{base}{suffix}"))),
    )
}
