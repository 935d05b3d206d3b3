use super::encode::Encoder;
use super::{InfluxConfig, InfluxExporter, mapping};
use crate::export::push::Baseline;
use crate::export::push::labels::Labels;
use crate::export::push::percent;
use crate::export::push::sample::{Sample, hostile, lines, many, measure};
use influxdb_line_protocol::{FieldValue, parse_lines};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;

fn encoder(constant: &[(&str, &str)]) -> Encoder {
    let constant = constant
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Encoder::new(Labels::new(mapping::SYNTAX, constant.collect()))
}

fn encode(encoder: &mut Encoder, sample: &Sample) {
    let mut baseline = Baseline::default();
    sample.read(&mut baseline);
    encoder.encode(&baseline, 1_700_000_000_123_456_789);
}

/// Everything as lines, and how many series were left out.
fn encoded(sample: &Sample, constant: &[(&str, &str)]) -> (String, usize) {
    let mut encoder = encoder(constant);
    encode(&mut encoder, sample);
    let text = encoder.text(0..encoder.len()).to_owned();
    (text, encoder.left_out.len())
}

#[test]
fn lines_of_every_kind() {
    let sample = Sample::new();
    sample.count(
        "in_requests_total",
        &[("value", "x,y=z"), ("route", "/a b")],
        3,
    );
    sample.count(
        "in_requests_total",
        &[("value", ""), ("route", "\\\n")],
        1 << 62,
    );
    sample.total("in_work_seconds_total", &[], 3.0);
    sample.gauge("in_temperature", &[("room", "C:\\sun\\")], -1.5e300);
    let bounds = &[0.5, 1.0, 1_048_576.0];
    sample.observe("in_size", bounds, &[("k", "v")], &[0.5, 0.75, 2e6]);
    let (text, left_out) = encoded(&sample, &[("k", "c"), ("time", "late")]);
    let expected = [
        "in_requests_total,k=c,route=/a\\ b,time_=late,value_=x\\,y\\=z value=3i",
        "in_requests_total,k=c,route=\\%0A,time_=late value=4611686018427387904i",
        "in_size,k=v,time_=late count=3i,sum=2000001.25,0.5=1i,1=2i,1.048576e+06=2i,+Inf=3i",
        "in_temperature,k=c,room=C:\\sun%5C,time_=late value=-1.5e300",
        "in_work_seconds_total,k=c,time_=late value=3",
    ];
    let expected = expected.map(|line| format!("{line} 1700000000123456789"));
    assert_eq!(lines(&text, "in_"), expected);
    assert_eq!(left_out, 0);
}

#[test]
fn what_influx_would_not_take_is_left_out() {
    let sample = Sample::new();
    sample.count("in_most_total", &[], i64::MAX as u64);
    sample.count("in_more_total", &[], i64::MAX as u64 + 1);
    sample.count("in_twice_total", &[("time", "a"), ("time_", "b")], 1);
    let (text, left_out) = encoded(&sample, &[]);
    let expected = ["in_most_total value=9223372036854775807i 1700000000123456789"];
    assert_eq!(lines(&text, "in_"), expected);
    assert_eq!(left_out, 2);
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(encoder(&[]).float("value=", value).is_none());
    }
}

#[cfg(feature = "prometheus")]
#[test]
fn the_last_value_of_a_removed_metric_comes_before_the_new_one() {
    use crate::descriptor::Kind;
    use crate::registry::Removal;
    let sample = Sample::new();
    let mut baseline = Baseline::default();
    sample.count("in_removed_total", &[], 5);
    sample.read(&mut baseline);
    let removed = sample.registry.remove(Kind::Counter, "in_removed_total");
    assert!(matches!(removed, Removal::Done));
    sample.count("in_removed_total", &[], 1);
    sample.read(&mut baseline);
    let mut encoder = encoder(&[]);
    encoder.encode(&baseline, 100);
    let mut lines = lines(encoder.text(0..encoder.len()), "in_removed");
    lines.sort_unstable();
    let expected = [
        "in_removed_total value=1i 100",
        "in_removed_total value=5i 99",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn batches_end_at_whole_lines_and_hold_one_at_least() {
    let sample = Sample::new();
    for value in ["a", "b", "c"] {
        sample.count("in_batch_total", &[("k", value)], 1);
    }
    let mut encoder = encoder(&[]);
    encode(&mut encoder, &sample);
    for (most_lines, most_bytes) in [(1, usize::MAX), (2, usize::MAX), (9, 1), (9, 100), (9, 200)] {
        let mut next = 0;
        let mut all = String::new();
        while next < encoder.len() {
            let range = encoder.fitting(next, most_lines, most_bytes);
            let text = encoder.text(range.clone());
            assert!(range.start == next && text.ends_with('\n'));
            assert!(range.len() <= most_lines);
            assert!(text.len() <= most_bytes || range.len() == 1, "{text}");
            assert_eq!(text.lines().count(), range.len());
            // As many as there may be.
            let more = range.start..range.end + 1;
            let full = more.end > encoder.len() || more.len() > most_lines;
            assert!(full || encoder.text(more).len() > most_bytes);
            assert!(text.starts_with(encoder.name(next)));
            all.push_str(text);
            next = range.end;
        }
        assert_eq!(all, encoder.text(0..encoder.len()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(debug_assertions) { 512 } else { 4096 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_parser_of_influxdb_reads_what_was_recorded(
        a in hostile(),
        time in hostile(),
        constant in hostile(),
        value in any::<f64>().prop_filter("finite", |value| value.is_finite()),
        count in 0..=i64::MAX.unsigned_abs(),
    ) {
        let sample = Sample::new();
        let labels = [("a", &*a), ("time", &*time)];
        sample.gauge("in_hostile_level", &labels, value);
        sample.count("in_hostile_total", &labels, count);
        sample.observe("in_hostile_seconds", &[1e-9, 2.0], &labels, &[value]);
        let (text, left_out) = encoded(&sample, &[("c", &constant)]);
        prop_assert_eq!(left_out, 0);
        let mut measurements = Vec::new();
        for line in parse_lines(&text) {
            let line = line.map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
            let measurement = line.series.measurement.to_string();
            if !measurement.starts_with("in_hostile") {
                continue;
            }
            prop_assert_eq!(line.timestamp, Some(1_700_000_000_123_456_789));
            let tags = line.series.tag_set.iter().flatten();
            let tags: BTreeMap<String, String> = tags
                .map(|(tag, value)| (tag.to_string(), percent::decode(&value.to_string())))
                .collect();
            let expected = [("a", &a), ("time_", &time), ("c", &constant)];
            let expected = expected.map(|(tag, value)| (tag.to_owned(), value.clone()));
            prop_assert_eq!(tags, BTreeMap::from(expected));
            let fields: BTreeMap<String, FieldValue<'_>> =
                line.field_set.iter().map(|(key, value)| (key.to_string(), value.clone())).collect();
            let integer = |n: u64| FieldValue::I64(i64::try_from(n).unwrap());
            let expected = match &*measurement {
                "in_hostile_level" => vec![("value", FieldValue::F64(value))],
                "in_hostile_total" => vec![("value", integer(count))],
                _ => vec![
                    ("count", integer(1)),
                    ("sum", FieldValue::F64(value)),
                    ("1e-09", integer(u64::from(value <= 1e-9))),
                    ("2", integer(u64::from(value <= 2.0))),
                    ("+Inf", integer(1)),
                ],
            };
            let expected: BTreeMap<String, FieldValue<'_>> =
                expected.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            prop_assert_eq!(fields, expected);
            measurements.push(measurement);
        }
        prop_assert_eq!(measurements, ["in_hostile_level", "in_hostile_seconds", "in_hostile_total"]);
        // Where parsers differ: no backslash before another, or before what it is not meant to escape.
        for line in lines(&text, "in_hostile") {
            prop_assert!(!line.contains("\\\\") && !line.contains('\r'), "{}", line);
        }
    }
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let error = |change: fn(&mut InfluxConfig)| {
        let mut config = InfluxConfig::default();
        change(&mut config);
        let error = InfluxExporter::new(config).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
        (error.error_type(), error.name().to_owned())
    };
    let cases: [(fn(&mut InfluxConfig), _, _); 15] = [
        (|_| {}, "missing_value", "INFLUXDB_DATABASE"),
        (
            |c| c.url = "ftp://x".into(),
            "invalid_variable",
            "INFLUXDB_URL",
        ),
        (
            |c| c.url = "http://u:secret@x".into(),
            "invalid_variable",
            "INFLUXDB_URL",
        ),
        (
            |c| c.url = "udp://x".into(),
            "invalid_variable",
            "INFLUXDB_URL",
        ),
        (
            |c| c.url = "udp://:1".into(),
            "invalid_variable",
            "INFLUXDB_URL",
        ),
        (
            |c| c.url = "udp://x:0".into(),
            "invalid_variable",
            "INFLUXDB_URL",
        ),
        (
            |c| {
                c.url = "udp://x:1".into();
                c.database = Some("m".into());
            },
            "conflict",
            "INFLUXDB_DATABASE",
        ),
        (
            |c| c.bucket = Some("b".into()),
            "missing_value",
            "INFLUXDB_ORG",
        ),
        (
            |c| (c.database, c.bucket) = (Some("m".into()), Some("b".into())),
            "conflict",
            "INFLUXDB_BUCKET",
        ),
        (
            |c| (c.database, c.org) = (Some("m".into()), Some("o".into())),
            "conflict",
            "INFLUXDB_ORG",
        ),
        (
            |c| (c.database, c.username) = (Some("m".into()), Some("u".into())),
            "missing_value",
            "INFLUXDB_PASSWORD",
        ),
        (
            |c| (c.database, c.password) = (Some("m".into()), Some("secret".into())),
            "missing_value",
            "INFLUXDB_USERNAME",
        ),
        (
            |c| (c.database, c.token) = (Some("m".into()), Some("secret\nX: y".into())),
            "invalid_variable",
            "INFLUXDB_TOKEN",
        ),
        (
            |c| {
                (c.database, c.username) = (Some("m".into()), Some("u".into()));
                c.password = Some("secret\r".into());
            },
            "invalid_variable",
            "INFLUXDB_PASSWORD",
        ),
        (
            |c| {
                (c.database, c.username) = (Some("m".into()), Some("u".into()));
                (c.password, c.token) = (Some("p".into()), Some("secret".into()));
            },
            "conflict",
            "INFLUXDB_TOKEN",
        ),
    ];
    for (change, error_type, name) in cases {
        assert_eq!(error(change), (error_type, name.to_owned()));
    }
}

#[test]
fn settings_are_taken_without_their_secrets_being_shown() {
    let fine = InfluxConfig {
        org: Some("o".into()),
        bucket: Some("b/c d".into()),
        token: Some("secret".into()),
        ..InfluxConfig::default()
    };
    assert!(!format!("{fine:?}").contains("secret"));
    let exporter = InfluxExporter::new(fine).unwrap();
    assert!(!format!("{exporter:?}").contains("secret"));
    let fine = InfluxConfig {
        url: "udp://[::1]:8089".into(),
        ..InfluxConfig::default()
    };
    InfluxExporter::new(fine).unwrap();
}

#[test]
#[ignore = "it measures: run it alone, in release, with --nocapture"]
fn the_cost_of_a_flush() {
    let sample = many();
    let baseline = RefCell::new(Baseline::default());
    let encoder = RefCell::new(encoder(&[]));
    measure(&mut [
        ("read", &mut || sample.read(&mut baseline.borrow_mut())),
        ("encode", &mut || {
            encoder
                .borrow_mut()
                .encode(&baseline.borrow(), 1_700_000_000_123_456_789);
        }),
        ("compress", &mut || {
            let encoder = encoder.borrow();
            let text = encoder.text(0..encoder.len());
            let compressed = crate::export::push::http::gzip(text.as_bytes());
            assert!(compressed.len() * 4 < text.len());
        }),
    ]);
    let encoder = encoder.borrow();
    let text = encoder.text(0..encoder.len());
    let compressed = crate::export::push::http::gzip(text.as_bytes());
    eprintln!("{} bytes, {} compressed", text.len(), compressed.len());
}
