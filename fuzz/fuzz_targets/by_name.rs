//! Any operations by name: nothing panics, the limits hold, and both expositions keep to their grammar, read here by
//! itself.

#![no_main]

use arbitrary::Arbitrary;
use instrumetrics::{Format, Metrics, MetricsResourceConfig, create_prometheus_exporter};
use libfuzzer_sys::fuzz_target;
use std::collections::HashSet;

#[derive(Arbitrary, Debug)]
enum Operation {
    Increment(u8, f64),
    Count(u8, u64),
    Set(u8, f64),
    Shift(u8, f64),
    Observe(u8, f64),
    Remove(u8),
}

#[derive(Arbitrary, Debug)]
struct Input {
    names: Vec<String>,
    labels: Vec<(String, String)>,
    operations: Vec<(Operation, u8, u8)>,
}

fuzz_target!(|input: Input| {
    let Ok(exporter) = create_prometheus_exporter() else {
        return;
    };
    let metrics = Metrics::builder()
        .exporter(exporter.clone())
        .resource_config(MetricsResourceConfig {
            max_metrics: 8,
            max_label_combinations: 16,
            ..MetricsResourceConfig::default()
        })
        .build();
    // Some names that are right, so that not everything is refused.
    let name = |n: u8| match input.names.get(usize::from(n)) {
        Some(name) => name.clone(),
        None => format!("named_{}", n % 12),
    };
    for (operation, from, count) in &input.operations {
        let labels: Vec<(&str, &str)> = input
            .labels
            .iter()
            .skip(usize::from(*from))
            .take(usize::from(*count % 4))
            .map(|(name, value)| (&**name, &**value))
            .collect();
        // The futures are ready: what they did is done.
        match operation {
            Operation::Increment(n, by) => drop(metrics.increment_by(&name(*n), *by, &labels)),
            Operation::Count(n, by) => drop(metrics.increment_by(&name(*n), *by, &labels)),
            Operation::Set(n, value) => drop(metrics.set_gauge(&name(*n), *value, &labels)),
            Operation::Shift(n, by) => drop(metrics.increment_gauge(&name(*n), *by, &labels)),
            Operation::Observe(n, value) => {
                drop(metrics.observe_histogram(&name(*n), *value, &labels));
            }
            Operation::Remove(n) => {
                let name = name(*n);
                let mut removal = std::pin::pin!(exporter.remove_counter(&name));
                let mut context = std::task::Context::from_waker(std::task::Waker::noop());
                let _ = removal.as_mut().poll(&mut context);
            }
        }
    }
    assert!(metrics.metric_count() <= 8);
    assert!(metrics.series_count() <= 16);
    let text = exporter.encode(Format::Text);
    read(&text, false);
    let open = exporter.encode(Format::OpenMetrics);
    let open = open.strip_suffix("# EOF\n").expect("the end");
    read(open, true);
});

/// Reads an exposition line by line.
fn read(text: &str, open: bool) {
    let mut series = HashSet::new();
    for line in text.split_terminator('\n') {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let keyword = words.next().unwrap_or_default();
            assert!(matches!(keyword, "HELP" | "TYPE" | "UNIT"), "{line:?}");
            assert!(is_name(words.next().unwrap_or_default()), "{line:?}");
            continue;
        }
        let rest = line.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        assert!(is_name(&line[..line.len() - rest.len()]), "{line:?}");
        let value = match rest.strip_prefix('{') {
            Some(labels) => after_labels(labels).unwrap_or_else(|| panic!("{line:?}")),
            None => rest,
        };
        let value = value.strip_prefix(' ').unwrap_or_else(|| panic!("{line:?}"));
        assert!(
            matches!(value, "+Inf" | "-Inf" | "NaN") || value.parse::<f64>().is_ok_and(f64::is_finite),
            "{line:?}"
        );
        let identity = &line[..line.len() - value.len()];
        assert!(series.insert(identity.to_owned()), "twice: {line:?} (open: {open})");
    }
    assert!(text.is_empty() || text.ends_with('\n'));
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// What follows `name="value",..}`.
fn after_labels(mut rest: &str) -> Option<&str> {
    loop {
        let (name, value) = rest.split_once("=\"")?;
        if !is_name(name) {
            return None;
        }
        let mut escaped = false;
        let end = value.char_indices().find_map(|(at, c)| {
            let end = c == '"' && !escaped;
            if escaped {
                assert!(matches!(c, '\\' | '"' | 'n'), "{value:?}");
            }
            escaped = c == '\\' && !escaped;
            end.then_some(at)
        })?;
        rest = value.get(end + 1..)?;
        if let Some(rest) = rest.strip_prefix('}') {
            return Some(rest);
        }
        rest = rest.strip_prefix(',')?;
    }
}
