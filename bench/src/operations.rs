//! What one operation of the toolkit costs in instructions and allocations, which are exact where times are not.

use serde_json::{Map, Value};
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The figures of an operation.
#[derive(Clone, Debug)]
pub struct OperationFigures {
    /// Its name in `bench/instructions`.
    pub name: String,
    /// Instructions, as `bench/instructions --update` counted them last.
    pub instructions: Option<f64>,
    /// Allocations once it is warm: alone, beside a StatsD exporter, and beside one that sends each recording by itself.
    pub allocations: [f64; 3],
}

impl OperationFigures {
    /// Whether it records, and must not allocate.
    #[must_use]
    pub fn records(&self) -> bool {
        !self.name.starts_with("scrape/")
    }
}

/// How often each is done for one figure.
const TIMES: f64 = 10_000.0;

/// What an operation's name ends with, beside which exporter it was done.
const BESIDE: [&str; 3] = ["", "+statsd", "+statsd-events"];

/// Reads the instructions, and has the program `operations` count the allocations.
///
/// # Errors
///
/// When the instructions cannot be read, or the program does not say what it counted.
pub fn run(program: &str) -> Result<Vec<OperationFigures>, Box<dyn Error>> {
    let known = Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.json");
    let known: Map<String, Value> = serde_json::from_str(&fs::read_to_string(known)?)?;
    let output = Command::new(program).arg("--allocations").output()?;
    let said = String::from_utf8(output.stdout)?;
    if !output.status.success() {
        return Err(format!(
            "{program}: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        )
        .into());
    }
    figures(&said, &known)
}

fn figures(
    said: &str,
    known: &Map<String, Value>,
) -> Result<Vec<OperationFigures>, Box<dyn Error>> {
    let mut counts = Vec::new();
    for line in said.lines() {
        let (name, count) = line.rsplit_once(' ').ok_or("a name and a count")?;
        counts.push((name, count.parse::<f64>()? / TIMES));
    }
    let count_of = |name: &str| {
        let found = counts.iter().find(|(counted, _)| *counted == name);
        found.map_or(f64::NAN, |(_, count)| *count)
    };
    let names = counts.iter().map(|(name, _)| *name);
    let figures = names
        .filter(|name| !name.contains('+'))
        .map(|name| OperationFigures {
            name: name.to_owned(),
            instructions: known.get(name).and_then(Value::as_f64),
            allocations: BESIDE.map(|beside| count_of(&format!("{name}{beside}"))),
        });
    Ok(figures.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_read() {
        let said = "a/b 0\nscrape/c 20000\na/b+statsd 10000\na/b+statsd-events 5000\n";
        let known = serde_json::json!({ "a/b": 43.5, "gone": 1 });
        let figures = figures(said, known.as_object().expect("an object")).expect("as it is said");
        let [a, scrape] = &figures[..] else {
            panic!("{figures:?}");
        };
        assert_eq!(
            (&*a.name, a.instructions, a.records()),
            ("a/b", Some(43.5), true)
        );
        assert!(a.allocations.iter().eq(&[0.0, 1.0, 0.5]), "{a:?}");
        assert_eq!((scrape.instructions, scrape.records()), (None, false));
        assert!(scrape.allocations[1].is_nan(), "not counted: {scrape:?}");
        assert!(super::figures("a/b", &Map::new()).is_err());
    }
}
