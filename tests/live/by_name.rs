//! Any label values at all, recorded by name, through both formats and others' readers.

use crate::python;
use crate::samples::{Samples, Series};
use crate::scan::scan;
use instrumetrics::{Format, Metrics, MetricsResourceConfig, PrometheusConfig, PrometheusExporter};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeSet;

/// Label values of every sort; a long one now and then.
fn value() -> impl Strategy<Value = String> {
    let text = |characters: Vec<char>| characters.into_iter().collect::<String>();
    prop_oneof![
        // All of Unicode, controls and unassigned ones too.
        vec(any::<char>(), 0..20).prop_map(text),
        vec(prop::char::range('\0', '\u{ff}'), 0..12).prop_map(text),
        // What the formats give a meaning to.
        vec(
            select(vec![
                '"',
                '\\',
                '\n',
                'n',
                '\r',
                ' ',
                '{',
                '}',
                ',',
                '=',
                '#',
                '\0',
                '\t',
                '\u{85}',
                '\u{2028}',
                '\u{feff}',
                '\u{fffd}',
                '\u{10ffff}',
                '\u{1c}',
            ]),
            0..10,
        )
        .prop_map(text),
        (any::<char>(), 300..700_usize)
            .prop_map(|(character, times)| { std::iter::repeat_n(character, times).collect() }),
    ]
}

const KINDS: [&str; 3] = ["a counter", "a gauge", "a histogram"];

/// Records one of each kind for each pair of values, and says what a reader must find.
fn record(metrics: &Metrics, pairs: &BTreeSet<(String, String)>, constant: &str) -> Samples {
    let mut expected = Samples::default();
    for (place, (a, b)) in pairs.iter().enumerate() {
        let number = u32::try_from(place).unwrap() + 1;
        let labels = [("kind_of", KINDS[place % 3]), ("b", b), ("a", a)];
        let given = labels
            .into_iter()
            .chain([("constant", constant)])
            // An empty value is an absent label.
            .filter(|(_, value)| !value.is_empty());
        let series = |name: &str| Series::new(name, given.clone());
        let value = f64::from(number);
        let recorded = [
            metrics.increment_by("arbitrary_total", number, &labels),
            metrics.set_gauge("arbitrary_level", -value, &labels),
            metrics.observe_histogram("arbitrary_seconds", value, &labels),
        ];
        for recorded in recorded {
            recorded.into_inner().unwrap();
        }
        expected.insert(series("arbitrary_total"), value);
        expected.insert(series("arbitrary_level"), -value);
        expected.insert(series("arbitrary_seconds_sum"), value);
        expected.insert(series("arbitrary_seconds_count"), 1.0);
        for (le, bound) in [
            ("0.005", 0.005),
            ("0.01", 0.01),
            ("0.025", 0.025),
            ("0.05", 0.05),
            ("0.1", 0.1),
            ("0.25", 0.25),
            ("0.5", 0.5),
            ("1.0", 1.0),
            ("2.5", 2.5),
            ("5.0", 5.0),
            ("10.0", 10.0),
            ("+Inf", f64::INFINITY),
        ] {
            let bucket = series("arbitrary_seconds_bucket").with("le", le);
            expected.insert(bucket, f64::from(u8::from(value <= bound)));
        }
    }
    expected
}

/// Those of our own among all, since other tests record in this process too.
fn arbitrary(samples: &Samples) -> Samples {
    let own = samples
        .iter()
        .filter(|(series, _)| series.name.starts_with("arbitrary_"));
    own.map(|(series, value)| (series.clone(), *value))
        .collect()
}

proptest! {
    // Each starts Python twice, with 300 pairs of values; what differs is listed, so nothing needs to be shrunk.
    #![proptest_config(ProptestConfig {
        cases: 2,
        max_shrink_iters: 0,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_label_values_come_back_as_they_were(
        pairs in btree_set((value(), value()), 300),
        constant in value(),
    ) {
        let exporter = PrometheusExporter::with_config(&PrometheusConfig {
            const_labels: vec![("constant".to_owned(), constant.clone())],
            ..Default::default()
        })
        .unwrap();
        let metrics = Metrics::builder()
            .exporter(exporter.clone())
            .propagate_errors(true)
            .resource_config(MetricsResourceConfig {
                max_label_value_length: 1 << 20,
                ..Default::default()
            })
            .build();
        let expected = record(&metrics, &pairs, &constant);
        for format in [Format::Text, Format::OpenMetrics] {
            let text = exporter.encode(format);
            arbitrary(&scan(&text, format)).assert_same(&expected, "our own scanner");
            if let Some((_, samples)) = python::parse(&text, format) {
                arbitrary(&samples).assert_same(&expected, "Python");
            }
        }
        // And the snapshot has the very same.
        let snapshot = metrics.snapshot();
        for (place, (a, b)) in pairs.iter().enumerate() {
            let labels = [("a", &**a), ("b", &**b), ("kind_of", KINDS[place % 3])];
            let counted = snapshot.counter("arbitrary_total", &labels);
            prop_assert_eq!(counted, Some(f64::from(u32::try_from(place).unwrap() + 1)));
        }
    }
}
