//! Whatever is recorded, under whatever labels, arrives: read with the grammar of each dialect.

use super::{Rig, wait};
use instrumetrics::{StatsdDialect, StatsdHistogramType};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Label values as a client would choose them that wants to break something.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c:|@#,;=\\\\\"'~/. \n\r\t_-]{0,12}",
        "\\PC{0,8}",
        "[a-z]{0,300}",
        Just("x|c|@0.1|#k:v\nother:1|c".to_owned()),
        Just("\u{0}\u{7f}\u{85}\u{2028}".to_owned()),
    ]
}

#[derive(Clone, Debug)]
enum Recording {
    Count(String, u32),
    Set(String, f64),
    Observe(String, f64),
    Flush,
}

fn recording() -> impl Strategy<Value = Recording> {
    prop_oneof![
        4 => (value(), any::<u32>()).prop_map(|(value, n)| Recording::Count(value, n)),
        4 => (value(), prop_oneof![-1e9..1e9, any::<f64>()]).prop_map(|(value, x)| Recording::Set(value, x)),
        8 => (value(), prop_oneof![0.0..30.0, 0.0..0.01, Just(0.1), Just(10.0), 0.0..1e12])
            .prop_map(|(value, x)| Recording::Observe(value, x)),
        1 => Just(Recording::Flush),
    ]
}

/// What was recorded under one name, whatever the labels.
#[derive(Default)]
struct Recorded {
    counted: f64,
    observed: f64,
    sum: f64,
    gauges: BTreeMap<String, f64>,
}

fn check(
    dialect: StatsdDialect,
    kind: StatsdHistogramType,
    limit: usize,
    recordings: &[Recording],
) -> Result<(), TestCaseError> {
    let mut rig = Rig::new(|config| {
        config.dialect = dialect;
        config.histogram_type = Some(kind);
        config.max_packet_bytes = Some(limit);
        config.prefix = Some("prop".to_owned());
    });
    let metrics = rig.metrics.clone();
    let mut recorded = Recorded::default();
    let mut values = BTreeSet::new();
    for recording in recordings {
        fn label(value: &str) -> [(&str, &str); 1] {
            [("client", value)]
        }
        match recording {
            Recording::Count(value, n) => {
                values.insert(value.clone());
                recorded.counted += f64::from(*n);
                wait(metrics.increment_by("prop_counted", *n, &label(value))).unwrap();
            }
            Recording::Set(value, x) if x.is_finite() => {
                values.insert(value.clone());
                recorded.gauges.insert(value.clone(), *x);
                wait(metrics.set_gauge("prop_set", *x, &label(value))).unwrap();
            }
            Recording::Set(..) => {}
            Recording::Observe(value, x) => {
                values.insert(value.clone());
                recorded.observed += 1.0;
                recorded.sum += x;
                wait(metrics.observe_histogram("prop_observed_seconds", *x, &label(value)))
                    .unwrap();
            }
            // The grammar refuses what is malformed.
            Recording::Flush => drop(rig.flush("")),
        }
    }
    rig.flush("");
    for packet in &rig.packets {
        prop_assert!(packet.len() <= limit);
    }
    let of = |name: &str| {
        let name = format!("prop.{name}");
        move |series: &String| series.starts_with(&name)
    };
    let server = &rig.server;
    // A name that two values share is left out, and so is one that is too long: then there is less.
    let plain = |value: &String| {
        value.len() <= 256 && !value.contains('_') && value.chars().all(|c| c.is_ascii_graphic())
    };
    let complete = limit > 1400 && values.iter().all(plain);
    let total: f64 = server
        .counters
        .iter()
        .filter(|(series, _)| of("prop_counted")(series))
        .map(|(_, count)| count)
        .sum();
    let series: Vec<&String> = server
        .timings
        .keys()
        .filter(|series| of("prop_observed")(series))
        .collect();
    let observed: f64 = series
        .iter()
        .map(|series| server.timing_count(series))
        .sum();
    let scale = if kind == StatsdHistogramType::Timing {
        1000.0
    } else {
        1.0
    };
    let sum = series
        .iter()
        .map(|series| server.timing_sum(series))
        .sum::<f64>()
        / scale;
    prop_assert!(total <= recorded.counted && observed <= recorded.observed);
    prop_assert_eq!(observed.fract(), 0.0);
    if complete {
        prop_assert_eq!(total, recorded.counted);
        prop_assert_eq!(observed, recorded.observed);
        prop_assert!(
            (sum - recorded.sum).abs() <= 1e-9 * recorded.sum.max(1.0),
            "{} {}",
            sum,
            recorded.sum
        );
        let gauges = server
            .gauges
            .iter()
            .filter(|(series, _)| of("prop_set")(series));
        let mut arrived: Vec<f64> = gauges.map(|(_, value)| *value).collect();
        let mut set: Vec<f64> = recorded
            .gauges
            .into_values()
            .map(|value| value + 0.0)
            .collect();
        arrived.sort_by(f64::total_cmp);
        set.sort_by(f64::total_cmp);
        prop_assert_eq!(arrived, set);
    }
    Ok(())
}

fn any_dialect() -> impl Strategy<Value = StatsdDialect> {
    prop_oneof![
        Just(StatsdDialect::Plain),
        Just(StatsdDialect::DogStatsd),
        Just(StatsdDialect::Graphite),
        Just(StatsdDialect::Influx),
    ]
}

fn any_kind() -> impl Strategy<Value = StatsdHistogramType> {
    prop_oneof![
        Just(StatsdHistogramType::Timing),
        Just(StatsdHistogramType::Histogram),
        Just(StatsdHistogramType::Distribution),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_recorded_arrives(
        dialect in any_dialect(),
        kind in any_kind(),
        limit in prop_oneof![Just(1432_usize), Just(8192), 100..600_usize],
        recordings in prop::collection::vec(recording(), 1..60),
    ) {
        check(dialect, kind, limit, &recordings)?;
    }

    #[test]
    fn harmless_labels_arrive_whole(
        dialect in any_dialect(),
        kind in any_kind(),
        recordings in prop::collection::vec(
            recording().prop_map(|recording| {
                let short = |value: String| value.chars().filter(char::is_ascii_lowercase).take(3).collect();
                match recording {
                    Recording::Count(value, n) => Recording::Count(short(value), n),
                    Recording::Set(value, x) => Recording::Set(short(value), x),
                    Recording::Observe(value, x) => Recording::Observe(short(value), x),
                    Recording::Flush => Recording::Flush,
                }
            }),
            1..60,
        ),
    ) {
        check(dialect, kind, 1432, &recordings)?;
    }
}
