//! The Python client's parsers.

use crate::peers;
use crate::samples::{Families, Metadata, Samples, Series};
use instrumetrics::Format;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

#[derive(Deserialize)]
struct ParsedFamily {
    name: String,
    r#type: String,
    help: String,
    unit: String,
    samples: Vec<ParsedSample>,
}

#[derive(Deserialize)]
struct ParsedSample {
    name: String,
    labels: BTreeMap<String, String>,
    value: String,
}

/// What the parser of this format reads; `None` where there is no such Python.
pub(crate) fn parse(text: &str, format: Format) -> Option<(Families, Samples)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live/parse.py");
    let how = match format {
        Format::OpenMetrics => "openmetrics",
        _ => "text",
    };
    let (parsed, complaints) = pipe(
        Command::new(peers::python()?).arg(script).arg(how),
        text.as_bytes(),
    );
    let parsed: Vec<ParsedFamily> =
        serde_json::from_str(&parsed).unwrap_or_else(|error| panic!("{error}\n{complaints}"));
    let mut families = Families::new();
    let mut samples = Samples::default();
    for family in parsed {
        let metadata = Metadata {
            kind: family.r#type,
            help: family.help,
            unit: family.unit,
        };
        let twice = families.insert(family.name.clone(), metadata);
        assert_eq!(twice, None, "twice: {}", family.name);
        samples.extend(family.samples.into_iter().map(|sample| {
            let series = Series {
                name: sample.name,
                labels: sample.labels,
            };
            (series, sample.value.parse().unwrap())
        }));
    }
    Some((families, samples))
}

/// Runs a program with this input, and returns what it wrote to standard output and to standard error, and,
/// if it failed, how.
pub(crate) fn pipe(command: &mut Command, input: &[u8]) -> (String, String) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            // A program that refuses its input may stop reading.
            let _ = stdin.write_all(input);
        });
        child.wait_with_output().unwrap()
    });
    let mut complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        complaints.push_str(&output.status.to_string());
    }
    (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        complaints,
    )
}
