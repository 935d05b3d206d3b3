//! Which names are accepted at run time: exactly those of the grammar.
//!
//! `Metrics` asks `metric_name` and `label_for` of the crate `instrumetrics-grammar`
//! (`metrics-runtime/src/metrics/lookup.rs`), and so do the macros (`metrics-macros/src/naming.rs`). That crate tests the
//! functions themselves; this tests that nothing between a caller and them changes the answer.

use instrumetrics::{
    Metrics, MetricsErrorConfig, MetricsResourceConfig, MonitoringConfig,
    create_prometheus_exporter,
};

/// `[a-zA-Z_][a-zA-Z0-9_]*`, without what begins with `__`, written another way.
fn good(name: &str) -> bool {
    let word = |c: char| matches!(c, 'a'..='z' | 'A'..='Z' | '_');
    let mut characters = name.chars();
    characters.next().is_some_and(word)
        && characters.all(|c| word(c) || "0123456789".contains(c))
        && !name.starts_with("__")
}

/// Metrics that return their errors and keep quiet about them: there will be millions.
fn quiet() -> Metrics {
    Metrics::with_full_config(
        create_prometheus_exporter().unwrap(),
        MonitoringConfig {
            monitoring_enabled: false,
        },
        MetricsResourceConfig {
            max_metrics: usize::MAX,
            max_label_combinations: usize::MAX,
            ..Default::default()
        },
        MetricsErrorConfig {
            propagate_errors: true,
            detailed_error_context: false,
            log_validation_errors: false,
            ..Default::default()
        },
    )
}

fn check(metrics: &Metrics, name: &str) {
    let result = |result: std::future::Ready<Result<(), instrumetrics::MetricsError>>| {
        let result = result.into_inner();
        result.map_err(|error| error.error_type())
    };
    let (metric, label) = if good(name) {
        (Ok(()), Ok(()))
    } else if name.starts_with("__") && good(&name[1..]) || name == "__" {
        (Err("invalid_name"), Err("reserved_label"))
    } else {
        (Err("invalid_name"), Err("invalid_label_name"))
    };
    assert_eq!(result(metrics.increment(name, &[])), metric, "{name:?}");
    // Each label name makes another metric, so those that pass go on one of their own.
    let own = if good(name) {
        format!("of_{name}")
    } else {
        "unmade".to_owned()
    };
    let labelled = metrics.set_gauge(&own, 1, &[(name, "v")]);
    assert_eq!(result(labelled), label, "{name:?}");
}

#[test]
fn all_two_byte_names_agree_with_the_grammar() {
    let metrics = quiet();
    let (mut text, mut passed) = (0, 0);
    for first in 0..=u8::MAX {
        for second in 0..=u8::MAX {
            let bytes = [first, second];
            // The others cannot be a `&str` at all.
            if let Ok(name) = std::str::from_utf8(&bytes) {
                check(&metrics, name);
                text += 1;
                passed += usize::from(good(name));
            }
        }
    }
    // ASCII pairs and U+0080 to U+07FF; 53 ways to begin and 63 to go on, less `__`.
    assert_eq!((text, passed), (128 * 128 + 0x780, 53 * 63 - 1));
    assert_eq!(metrics.metric_count(), 2 * passed);
    let declared = instrumetrics::snapshot();
    let snapshot = metrics.snapshot();
    let made = snapshot.families().count() - declared.families().count();
    assert!(made >= 2 * passed, "{made}");
}

/// A debug build takes everything up to U+07FF and every 16th character beyond.
#[test]
fn every_character_agrees_with_the_grammar_in_first_and_second_position() {
    let metrics = quiet();
    let step = if cfg!(debug_assertions) { 16 } else { 1 };
    std::thread::scope(|scope| {
        for thread in 0..2_usize {
            let metrics = &metrics;
            scope.spawn(move || {
                let characters = ('\0'..'\u{800}').chain(('\u{800}'..=char::MAX).step_by(step));
                let mut name = String::new();
                for character in characters.skip(thread).step_by(2) {
                    for before in ["", "a", "_"] {
                        name.clear();
                        name.push_str(before);
                        name.push(character);
                        check(metrics, &name);
                    }
                }
            });
        }
    });
    // 53 alone, 63 after `a`, 62 after `_`.
    assert_eq!(metrics.metric_count(), 2 * (53 + 63 + 62));
}
