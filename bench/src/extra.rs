//! What is measured on request only: how costs grow with threads, series and labels, what the first call costs, and
//! what scrapes and recordings do to each other.
//!
//! Each section is measured in a process of its own.

mod first;
mod labels;
mod many;
mod series;
mod threads;

use crate::child;
use crate::options::Options;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::error::Error;

/// One table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Section {
    /// Its name, for a filter.
    pub name: String,
    /// What it shows, with the unit.
    pub title: String,
    /// What stands above the figures.
    pub columns: Vec<String>,
    /// Who it is, and the figures; those that could not be had are missing.
    pub rows: Vec<(String, Vec<Option<f64>>)>,
}

impl Section {
    fn new(name: &str, title: &str, columns: impl IntoIterator<Item = impl ToString>) -> Self {
        Self {
            name: name.to_owned(),
            title: title.to_owned(),
            columns: columns.into_iter().map(|x| x.to_string()).collect(),
            rows: Vec::new(),
        }
    }

    fn row(&mut self, who: &str, figures: impl IntoIterator<Item = f64>) {
        let figures = figures.into_iter().map(Some).collect();
        self.rows.push((who.to_owned(), figures));
    }
}

type Measure = fn(&str, usize) -> Result<Section, Box<dyn Error>>;

/// Name, rounds of a whole run, and how.
const SECTIONS: [(&str, usize, Measure); 6] = [
    ("extra/threads", 21, |name, rounds| {
        Ok(threads::measure(name, rounds))
    }),
    ("extra/series", 21, series::cost),
    ("extra/labels", 101, labels::measure),
    ("extra/first_call", 15, first::measure),
    ("extra/scrape_by_series", 7, series::scrape),
    (
        "extra/scrape_while_recording",
        21,
        series::scrape_while_recording,
    ),
];

/// Measures the sections that are wanted.
///
/// # Errors
///
/// When a process cannot be started or does not say its figures.
pub fn run(options: &Options) -> Result<Vec<Section>, Box<dyn Error>> {
    let wanted = SECTIONS
        .iter()
        .filter(|(name, ..)| options.wants_extra(name));
    wanted
        .map(|(name, rounds, _)| {
            let how = format!("{name} {}", options.rounds(*rounds));
            Ok(serde_json::from_value(child::ask("extra", &how)?)?)
        })
        .collect()
}

/// Measures a section in this process; `how` is its name and the number of rounds, or what [`first`] or [`series`] ask
/// for.
///
/// # Errors
///
/// When `how` is something else.
pub(crate) fn measure(how: &str) -> Result<Value, Box<dyn Error>> {
    let (name, rest) = how.split_once(' ').ok_or("a name and rounds")?;
    match name {
        "first" => return Ok(first::once(rest)?.into()),
        "scrape" => return Ok(series::one_scrape(rest)?.into()),
        _ => {}
    }
    let section = SECTIONS.iter().find(|(known, ..)| *known == name);
    let (name, _, measure) = section.ok_or_else(|| format!("no section `{name}`"))?;
    Ok(serde_json::to_value(measure(name, rest.parse()?)?)?)
}
