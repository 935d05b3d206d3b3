use super::encode::Encoder;
use super::{GraphiteConfig, GraphiteExporter, is_prefix, mapping};
use crate::export::push::Baseline;
use crate::export::push::labels::Labels;
use crate::export::push::percent;
use crate::export::push::sample::{Sample, hostile, lines, many, measure};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;

fn encoder(prefix: &str, tags: bool, constant: &[(&str, &str)]) -> Encoder {
    let constant = constant
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let labels = Labels::new(mapping::syntax(tags), constant.collect());
    Encoder::new(prefix, labels, tags)
}

/// Everything as lines, and how many series were left out.
fn encoded(sample: &Sample, mut encoder: Encoder) -> (String, usize) {
    let mut baseline = Baseline::default();
    sample.read(&mut baseline);
    encoder.encode(&baseline, 1_700_000_000);
    (encoder.text, encoder.left_out.len())
}

fn sample() -> Sample {
    let sample = Sample::new();
    sample.count("gr_requests_total", &[("route", "/a b"), ("name", "x")], 3);
    sample.count(
        "gr_requests_total",
        &[("route", "/"), ("name", "")],
        u64::MAX,
    );
    sample.total("gr_work_seconds_total", &[], 0.1 + 0.2);
    sample.gauge("gr_temperature", &[("room", "~sun")], -1.5e300);
    let bounds = &[0.5, 1.0, 1_048_576.0];
    sample.observe("gr_size", bounds, &[("k", "v")], &[0.5, 0.75, 2e6]);
    sample
}

#[test]
fn lines_with_tags() {
    let (text, left_out) = encoded(
        &sample(),
        encoder("prod.web", true, &[("k", "c"), ("z", "€ ")]),
    );
    let expected = [
        "prod.web.gr_requests_total;route=/;z=€%20 18446744073709551615 1700000000",
        "prod.web.gr_requests_total;name_=x;route=/a%20b;z=€%20 3 1700000000",
        "prod.web.gr_size_bucket;k=v;z=€%20;le=0.5 1 1700000000",
        "prod.web.gr_size_bucket;k=v;z=€%20;le=1.0 2 1700000000",
        "prod.web.gr_size_bucket;k=v;z=€%20;le=1.048576e+06 2 1700000000",
        "prod.web.gr_size_bucket;k=v;z=€%20;le=+Inf 3 1700000000",
        "prod.web.gr_size_sum;k=v;z=€%20 2000001.25 1700000000",
        "prod.web.gr_size_count;k=v;z=€%20 3 1700000000",
        "prod.web.gr_temperature;k=c;room=%7Esun;z=€%20 -1.5e300 1700000000",
        "prod.web.gr_work_seconds_total;k=c;z=€%20 0.30000000000000004 1700000000",
    ];
    // A constant label is on what has none of its name.
    let expected = expected.map(|line| match line.split_once("gr_requests_total;") {
        Some((before, after)) => format!("{before}gr_requests_total;k=c;{after}"),
        None => line.to_owned(),
    });
    assert_eq!(lines(&text, "prod.web.gr_"), expected);
    assert_eq!(left_out, 0);
}

#[test]
fn lines_with_paths() {
    let (text, left_out) = encoded(&sample(), encoder("", false, &[]));
    let expected = [
        "gr_requests_total.route._2f 18446744073709551615 1700000000",
        "gr_requests_total.name.x.route._2fa_20b 3 1700000000",
        "gr_size_bucket.k.v.le.0_2e5 1 1700000000",
        "gr_size_bucket.k.v.le.1_2e0 2 1700000000",
        "gr_size_bucket.k.v.le.1_2e048576e_2b06 2 1700000000",
        "gr_size_bucket.k.v.le._2bInf 3 1700000000",
        "gr_size_sum.k.v 2000001.25 1700000000",
        "gr_size_count.k.v 3 1700000000",
        "gr_temperature.room._7esun -1.5e300 1700000000",
        "gr_work_seconds_total 0.30000000000000004 1700000000",
    ];
    assert_eq!(lines(&text, "gr_"), expected);
    assert_eq!(left_out, 0);
}

#[test]
fn two_series_that_become_one_path_are_one_and_reported() {
    let sample = Sample::new();
    for value in ["a/b", "a_2fb", "other"] {
        sample.count("gr_collided_total", &[("k", value)], 5);
    }
    let (text, left_out) = encoded(&sample, encoder("", false, &[]));
    let expected = [
        "gr_collided_total.k.a_2fb 5 1700000000",
        "gr_collided_total.k.other 5 1700000000",
    ];
    assert_eq!(lines(&text, "gr_c"), expected);
    assert_eq!(left_out, 1);
    // As tags they are two.
    assert_eq!(encoded(&sample, encoder("", true, &[])).1, 0);

    let sample = Sample::new();
    sample.count("gr_named_total", &[("name", "a"), ("name_", "b")], 1);
    let (text, left_out) = encoded(&sample, encoder("", true, &[]));
    assert!(lines(&text, "gr_n").is_empty());
    assert_eq!(left_out, 1);
}

#[test]
fn what_carbon_would_not_take_is_left_out() {
    let sample = Sample::new();
    sample.count("gr_long_total", &[("k", &"x".repeat(16_400))], 5);
    sample.count("gr_short_total", &[("k", &"x".repeat(16_200))], 5);
    let (text, left_out) = encoded(&sample, encoder("", true, &[]));
    let lines = lines(&text, "gr_");
    assert_eq!(lines.len(), 1);
    assert!(lines[0].starts_with("gr_short_total;") && lines[0].len() < 16_384);
    assert_eq!(left_out, 1);
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut encoder = encoder("", true, &[]);
        assert!(encoder.real(value).is_err() && encoder.text.is_empty());
    }
}

#[cfg(feature = "prometheus")]
#[test]
fn the_last_value_of_a_removed_metric_comes_before_the_new_one() {
    use crate::descriptor::Kind;
    use crate::registry::Removal;
    let sample = Sample::new();
    let mut baseline = Baseline::default();
    sample.count("gr_removed_total", &[], 5);
    sample.read(&mut baseline);
    let removed = sample.registry.remove(Kind::Counter, "gr_removed_total");
    assert!(matches!(removed, Removal::Done));
    sample.count("gr_removed_total", &[], 1);
    sample.read(&mut baseline);
    let mut encoder = encoder("", true, &[]);
    encoder.encode(&baseline, 100);
    let mut lines = lines(&encoder.text, "gr_removed");
    lines.sort_unstable();
    assert_eq!(lines, ["gr_removed_total 1 100", "gr_removed_total 5 99"]);
}

#[test]
fn buffers_are_used_again() {
    let sample = sample();
    let mut baseline = Baseline::default();
    let mut encoder = encoder("prod", true, &[]);
    sample.read(&mut baseline);
    encoder.encode(&baseline, 1_700_000_000);
    let before = (encoder.text.as_ptr(), encoder.text.capacity());
    sample.read(&mut baseline);
    encoder.encode(&baseline, 1_700_000_060);
    assert_eq!((encoder.text.as_ptr(), encoder.text.capacity()), before);
}

/// A line as carbon reads it: `str.split()`, a number, a time; a path in its own format of tags, not the other one;
/// each tag valid ("The plaintext protocol" and "Tag Support" of Graphite's documentation). `name` is the metric.
fn as_carbon_reads(line: &str) -> Option<(BTreeMap<String, String>, f64)> {
    // What Python takes for white space: Unicode's, and four separators.
    let words: Vec<&str> = line
        .split(|c: char| c.is_whitespace() || ('\x1c'..='\x1f').contains(&c))
        .filter(|word| !word.is_empty())
        .collect();
    let [path, value, time] = words[..] else {
        return None;
    };
    time.parse::<u64>().ok()?;
    let value = value
        .parse::<f64>()
        .ok()
        .filter(|value| value.is_finite())?;
    if path.ends_with("\"}") && path.contains('{') {
        return None;
    }
    let mut parts = path.split(';');
    let metric = parts.next().filter(|metric| !metric.is_empty())?;
    let mut tags = BTreeMap::new();
    for part in parts {
        let (tag, value) = part.split_once('=')?;
        let fine = !tag.is_empty() && !tag.contains([';', '!', '^', '=']);
        let fine = fine && !value.is_empty() && !value.starts_with('~') && !value.contains(';');
        if !fine || tags.insert(tag.to_owned(), value.to_owned()).is_some() {
            return None;
        }
    }
    tags.insert("name".to_owned(), metric.to_owned());
    Some((tags, value))
}

#[test]
fn a_value_does_not_turn_the_line_into_another_format() {
    let sample = Sample::new();
    sample.count("gr_format_total", &[("k", "{le=\"1.0\"}")], 1);
    let (text, _) = encoded(&sample, encoder("", true, &[]));
    let lines = lines(&text, "gr_format");
    assert_eq!(lines.len(), 1);
    let (tags, _) = as_carbon_reads(lines[0]).expect(lines[0]);
    assert_eq!(percent::decode(&tags["k"]), "{le=\"1.0\"}");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(debug_assertions) { 512 } else { 4096 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn carbon_reads_what_was_recorded(
        a in hostile(),
        name in hostile(),
        constant in hostile(),
        value in any::<f64>().prop_filter("finite", |value| value.is_finite()),
        count in 0..(1_u64 << 53),
    ) {
        let sample = Sample::new();
        let labels = [("a", &*a), ("name", &*name)];
        sample.gauge("gr_hostile_level", &labels, value);
        sample.count("gr_hostile_total", &labels, count);
        sample.observe("gr_hostile_seconds", &[1e-9, 2.0], &labels, &[value]);
        let (text, left_out) = encoded(&sample, encoder("p", true, &[("c", &constant)]));
        prop_assert_eq!(left_out, 0);
        let mut metrics = Vec::new();
        // As Twisted splits what it receives.
        for line in text.split('\n').filter(|line| line.starts_with("p.gr_hostile")) {
            let (mut tags, read) = as_carbon_reads(line).expect(line);
            let metric = tags.remove("name").unwrap();
            let le = tags.remove("le");
            prop_assert_eq!(le.is_some(), metric.ends_with("_bucket"));
            let decoded: BTreeMap<String, String> =
                tags.into_iter().map(|(tag, value)| (tag, percent::decode(&value))).collect();
            let expected = [("a", &a), ("name_", &name), ("c", &constant)];
            let expected = expected.map(|(tag, value)| (tag.to_owned(), value.clone()));
            prop_assert_eq!(decoded, BTreeMap::from(expected));
            let expected = match &*metric {
                "p.gr_hostile_level" | "p.gr_hostile_seconds_sum" => value,
                #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
                "p.gr_hostile_total" => count as f64,
                "p.gr_hostile_seconds_count" => 1.0,
                "p.gr_hostile_seconds_bucket" => f64::from(le.is_some_and(|le| le == "+Inf" || value <= le.parse().unwrap())),
                _ => return Err(TestCaseError::fail(metric)),
            };
            // A zero has no sign in text.
            prop_assert_eq!((read + 0.0).to_bits(), (expected + 0.0).to_bits(), "{}", line);
            metrics.push(metric);
        }
        prop_assert_eq!(metrics.len(), 7);
    }

    #[test]
    fn every_part_of_a_path_is_plain(a in hostile()) {
        let sample = Sample::new();
        sample.count("gr_path_total", &[("a", &a)], 1);
        let (text, _) = encoded(&sample, encoder("", false, &[]));
        let lines = lines(&text, "gr_path");
        prop_assert_eq!(lines.len(), 1);
        let words: Vec<&str> = lines[0].split(' ').collect();
        prop_assert_eq!(words.len(), 3);
        prop_assert!(is_prefix(words[0]), "{}", lines[0]);
        prop_assert_eq!(words[0].split('.').count(), 3);
    }
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let error = |change: fn(&mut GraphiteConfig)| {
        let mut config = GraphiteConfig::default();
        change(&mut config);
        let error = GraphiteExporter::new(config).unwrap_err();
        (error.error_type(), error.name().to_owned())
    };
    let cases: [(fn(&mut GraphiteConfig), _, _); 7] = [
        (|c| c.host.clear(), "missing_value", "GRAPHITE_HOST"),
        (|c| c.host.push('\n'), "invalid_variable", "GRAPHITE_HOST"),
        (|c| c.port = 0, "invalid_variable", "GRAPHITE_PORT"),
        (
            |c| c.prefix.push_str("a."),
            "invalid_variable",
            "GRAPHITE_PREFIX",
        ),
        (
            |c| c.prefix.push_str("a b"),
            "invalid_variable",
            "GRAPHITE_PREFIX",
        ),
        (
            |c| c.interval = std::time::Duration::ZERO,
            "invalid_variable",
            "interval",
        ),
        (
            |c| c.const_labels.push(("le".into(), "1".into())),
            "invalid_variable",
            "le",
        ),
    ];
    for (change, error_type, name) in cases {
        assert_eq!(error(change), (error_type, name.to_owned()));
    }
    GraphiteExporter::new(GraphiteConfig::default()).unwrap();
}

#[test]
#[ignore = "it measures: run it alone, in release, with --nocapture"]
fn the_cost_of_a_flush() {
    for tags in [true, false] {
        let sample = many();
        let baseline = RefCell::new(Baseline::default());
        let encoder = RefCell::new(encoder("", tags, &[]));
        measure(&mut [
            ("read", &mut || sample.read(&mut baseline.borrow_mut())),
            ("encode", &mut || {
                encoder
                    .borrow_mut()
                    .encode(&baseline.borrow(), 1_700_000_000);
            }),
        ]);
        eprintln!("tags: {tags}, {} bytes", encoder.borrow().text.len());
    }
}
