//! Definitions that contradict each other.

use crate::descriptor::Site;
use crate::family;
use std::fmt;

/// What one side of a conflict says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Definition {
    /// The exposed name.
    pub name: String,
    /// `Counter`, `Counter<f64>`, `Gauge` or `Histogram`.
    pub type_name: &'static str,
    /// The label names.
    pub labels: Vec<String>,
    /// The upper bounds of a histogram's buckets.
    pub bounds: &'static [f64],
    /// Where it is declared.
    pub site: Site,
}

impl Definition {
    fn new(definition: &family::Definition) -> Self {
        Self {
            name: definition.name.to_string(),
            type_name: definition.type_name(),
            labels: definition.labels.iter().map(ToString::to_string).collect(),
            bounds: definition.bounds,
            site: definition.site,
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
    pub(super) fn new(earlier: &family::Definition, later: &family::Definition) -> Self {
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
            let list = |labels: &[String]| match labels {
                [] => "without labels".to_owned(),
                labels => format!("with labels `{}`", labels.join("`, `")),
            };
            return (list(&a.labels), list(&b.labels));
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
