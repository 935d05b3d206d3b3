//! What the expansions of the assertions name. Nothing here is for people, and none of it is stable.

use super::definitions;
use super::expected::{Expected, Observed, Wanted};
pub use super::source::Here;
use super::source::Source;
use crate::descriptor::Kind;
use crate::family::Definition;
use crate::label::LabelValue;
use crate::number::Number;
use crate::snapshot::{FamilySnapshot, SeriesSnapshot, Snapshot, Value};
use std::fmt::Write;
use std::sync::Arc;

/// Series that a message lists.
const LISTED: usize = 20;

/// A label's name and value.
pub fn label(name: &str, value: &(impl LabelValue + ?Sized)) -> (String, String) {
    (name.to_owned(), value.text().as_str().to_owned())
}

/// Labels that are given as one expression.
pub fn labels<N: AsRef<str>, V: LabelValue>(labels: impl AsRef<[(N, V)]>) -> Vec<(String, String)> {
    let labels = labels.as_ref().iter();
    labels
        .map(|(name, value)| label(name.as_ref(), value))
        .collect()
}

/// What is expected.
pub fn expected(expected: impl Expected) -> Wanted {
    expected.wanted()
}

/// A number that is expected up to a tolerance.
pub fn near(expected: impl Number, tolerance: impl Number) -> Wanted {
    Wanted::near(expected.real(), tolerance.real())
}

/// Asserts the value of a counter.
///
/// # Panics
///
/// If it is another.
#[track_caller]
pub fn counter(
    source: &impl Source,
    name: impl AsRef<str>,
    labels: &[(String, String)],
    wanted: Wanted,
) {
    let sought = Sought::new(Kind::Counter, name.as_ref(), labels);
    sought.check(&source.read(), &[("", wanted)]);
}

/// Asserts the value of a gauge.
///
/// # Panics
///
/// If it is another.
#[track_caller]
pub fn gauge(
    source: &impl Source,
    name: impl AsRef<str>,
    labels: &[(String, String)],
    wanted: Wanted,
) {
    let sought = Sought::new(Kind::Gauge, name.as_ref(), labels);
    sought.check(&source.read(), &[("", wanted)]);
}

/// Asserts the count of a histogram, its sum, or both.
///
/// # Panics
///
/// If it is another.
#[track_caller]
pub fn histogram(
    source: &impl Source,
    name: impl AsRef<str>,
    labels: &[(String, String)],
    wanted: &[(&'static str, Wanted)],
) {
    let sought = Sought::new(Kind::Histogram, name.as_ref(), labels);
    sought.check(&source.read(), wanted);
}

/// A series that an assertion is about.
struct Sought<'a> {
    kind: Kind,
    name: &'a str,
    labels: Vec<(&'a str, &'a str)>,
}

impl<'a> Sought<'a> {
    fn new(kind: Kind, name: &'a str, labels: &'a [(String, String)]) -> Self {
        let mut labels: Vec<(&str, &str)> = labels
            .iter()
            .map(|(name, value)| (&**name, &**value))
            // An empty value is an absent label.
            .filter(|(_, value)| !value.is_empty())
            .collect();
        labels.sort_unstable();
        Self { kind, name, labels }
    }

    #[track_caller]
    fn check(&self, snapshot: &Snapshot, wanted: &[(&'static str, Wanted)]) {
        if let Err(message) = self.verify(snapshot, wanted) {
            fail(&message);
        }
    }

    fn verify(&self, snapshot: &Snapshot, wanted: &[(&'static str, Wanted)]) -> Result<(), String> {
        let families: Vec<&FamilySnapshot> = snapshot
            .families()
            .filter(|family| family.name == self.name && family.kind == self.kind)
            .collect();
        let mut series = families.iter().flat_map(|family| &family.series);
        let found = series.find(|series| series.has(&self.labels));
        let wrong = if let Some(series) = found {
            wanted.iter().find_map(|(part, wanted)| {
                let is = part_of(&series.value, part);
                (!wanted.admits(is)).then_some((part, Some(is), wanted))
            })
        } else {
            let definition = self.definition(snapshot)?;
            self.fits(&definition)?;
            // Nothing was recorded: zero for what counts, while a gauge has no value before it has one.
            let zero = match self.kind {
                Kind::Counter | Kind::Histogram => Some(Observed::count(0)),
                Kind::Gauge => None,
            };
            let admits = |wanted: &Wanted| zero.is_some_and(|zero| wanted.admits(zero));
            wanted
                .iter()
                .find(|(_, wanted)| !admits(wanted))
                .map(|(part, wanted)| (part, None, wanted))
        };
        let Some((part, is, wanted)) = wrong else {
            return Ok(());
        };
        let kind = self.kind.as_str();
        let of = if part.is_empty() {
            String::new()
        } else {
            format!("the {part} of ")
        };
        let name = text(self.name, self.labels.iter().copied());
        let mut message = match is {
            Some(is) => format!("{of}{kind} `{name}` is {is}, not {wanted}"),
            None => format!("{of}{kind} `{name}` was not recorded, and so is not {wanted}"),
        };
        list(&mut message, &families);
        Err(message)
    }

    /// The definition of the metric, whether it has series or not.
    fn definition(&self, snapshot: &Snapshot) -> Result<Arc<Definition>, String> {
        let kind = self.kind.as_str();
        let definitions = definitions();
        let mut named = definitions
            .iter()
            .filter(|definition| definition.name == self.name);
        let Some(first) = named.clone().next() else {
            let known = definitions.iter().map(|definition| &*definition.name);
            let known = known.chain(snapshot.families().map(|family| &*family.name));
            let nearest = instrumetrics_grammar::nearest(self.name, known);
            let hint = nearest.map_or_else(
                || "; metrics register when they are first used".to_owned(),
                |near| format!("; did you mean `{near}`?"),
            );
            return Err(format!("no metric is named `{}`{hint}", self.name));
        };
        let found = named.find(|definition| definition.kind == self.kind);
        found
            .cloned()
            .ok_or_else(|| format!("`{}` is a {}, not a {kind}", self.name, first.kind.as_str()))
    }

    /// Whether the metric has these labels.
    fn fits(&self, definition: &Definition) -> Result<(), String> {
        let own = || definition.labels.iter().map(|label| &**label);
        let unknown = self
            .labels
            .iter()
            .find(|(name, _)| own().all(|own| own != *name));
        let Some((unknown, _)) = unknown else {
            return Ok(());
        };
        let nearest = instrumetrics_grammar::nearest(unknown, own());
        let hint = nearest.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let names: Vec<String> = own().map(|name| format!("`{name}`")).collect();
        let has = match names.as_slice() {
            [] => "no labels".to_owned(),
            [one] => format!("the label {one}"),
            several => format!("the labels {}", several.join(", ")),
        };
        Err(format!(
            "{} `{}` has {has}, and none named `{unknown}`{hint}",
            self.kind.as_str(),
            self.name
        ))
    }
}

/// The number of a series that an assertion is about.
fn part_of(value: &Value, part: &str) -> Observed {
    match value {
        Value::Count(count) => Observed::count(*count),
        Value::Total(real) | Value::Gauge(real) => Observed::real(*real),
        Value::Histogram(histogram) if part == "sum" => Observed::real(histogram.sum()),
        Value::Histogram(histogram) => Observed::count(histogram.count()),
    }
}

/// Lists the series that there are.
fn list(message: &mut String, families: &[&FamilySnapshot]) {
    let series: Vec<(&str, &SeriesSnapshot)> = families
        .iter()
        .flat_map(|family| family.series.iter().map(|series| (&*family.name, series)))
        .collect();
    // Writing to a string does not fail.
    let _ = match series.len() {
        0 => write!(message, "\nit has no series"),
        _ => write!(message, "\nits series:"),
    };
    for (name, series) in series.iter().take(LISTED) {
        let labels = series.labels.iter();
        let name = text(name, labels.map(|(name, value)| (&**name, &**value)));
        let _ = match &series.value {
            Value::Histogram(histogram) => write!(
                message,
                "\n  {name} count {}, sum {}",
                histogram.count(),
                histogram.sum()
            ),
            value => write!(message, "\n  {name} {}", part_of(value, "")),
        };
    }
    if let Some(more) = series.len().checked_sub(LISTED).filter(|more| *more > 0) {
        let _ = write!(message, "\n  and {more} more");
    }
}

/// A series as it is exposed.
fn text<'a>(name: &str, labels: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let labels: Vec<String> = labels
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    if labels.is_empty() {
        name.to_owned()
    } else {
        format!("{name}{{{}}}", labels.join(","))
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "a failed assertion")]
fn fail(message: &str) -> ! {
    panic!("{message}")
}
