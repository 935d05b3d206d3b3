//! Any variables: the configuration is read or refused, with every message on one line and no secret in it.

#![no_main]

use instrumetrics::Metrics;
use libfuzzer_sys::fuzz_target;

const KNOWN: &str = include_str!("../../docs/CONFIGURATION.md");

fuzz_target!(|variables: Vec<(u8, String)>| {
    let names: Vec<&str> = KNOWN
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name)
        .collect();
    let variables = variables.into_iter().map(|(n, value)| {
        let name = names[usize::from(n) % names.len()];
        // Files are not to be read.
        (name.to_owned(), value)
    });
    if let Err(error) = Metrics::builder().from_variables(variables) {
        assert!(!error.error_type().is_empty());
        assert!(!error.to_string().is_empty());
    }
});
