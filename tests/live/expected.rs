//! What a reader of the exposition must find: the snapshot for our metrics, and by hand for foreign ones.

use crate::samples::{Families, Metadata, Samples, Series};
use crate::workload::hostile_values;
use instrumetrics::{FamilySnapshot, Format, SeriesSnapshot, Snapshot, Value};

/// The samples of a snapshot and of the workload's foreign collectors.
pub(crate) fn samples(snapshot: &Snapshot, format: Format) -> Samples {
    let mut samples: Samples = foreign_samples().into_iter().collect();
    for family in snapshot.families() {
        for series in &family.series {
            add(&mut samples, family, series, format);
        }
    }
    samples
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the readers hold every number as an f64"
)]
fn add(samples: &mut Samples, family: &FamilySnapshot, series: &SeriesSnapshot, format: Format) {
    let named = |suffix: &str| {
        let labels = series.labels.iter();
        let labels = labels.map(|(name, value)| -> (&str, &str) { (name, value) });
        Series::new(format!("{}{suffix}", family.name), labels)
    };
    match &series.value {
        Value::Count(count) => samples.insert(named(""), *count as f64),
        Value::Total(value) | Value::Gauge(value) => samples.insert(named(""), *value),
        Value::Histogram(histogram) => {
            let mut negative = false;
            for (bound, count) in histogram.buckets() {
                negative |= bound < 0.0;
                samples.insert(named("_bucket").with("le", &le(bound)), count as f64);
            }
            // OpenMetrics 1.0, "Histogram": a sum that may fall is left out, and the count with it.
            if format == Format::Text || !negative {
                samples.insert(named("_sum"), histogram.sum());
                samples.insert(named("_count"), histogram.count() as f64);
            }
        }
        other => panic!("{other:?}"),
    }
}

/// The canonical text of the bounds that the workload has; `parse.py` holds each against the Python client's.
fn le(bound: f64) -> String {
    match bound {
        f64::INFINITY => "+Inf".to_owned(),
        0.00001 => "1e-05".to_owned(),
        -1_000_000.0 => "-1e+06".to_owned(),
        1_234_567.0 => "1.234567e+06".to_owned(),
        1_048_576.0 => "1.048576e+06".to_owned(),
        4_194_304.0 => "4.194304e+06".to_owned(),
        16_777_216.0 => "1.6777216e+07".to_owned(),
        67_108_864.0 => "6.7108864e+07".to_owned(),
        268_435_456.0 => "2.68435456e+08".to_owned(),
        bound => format!("{bound:?}"),
    }
}

fn foreign_samples() -> Vec<(Series, f64)> {
    let place = [("place", "a \"place\"")];
    let bucket = |le| Series::new("foreign_size_bytes_bucket", place).with("le", le);
    let mut samples = vec![
        (Series::new("foreign_requests_total", []), 2.5),
        (Series::new("foreign_events_total", []), 1_099_511_627_776.0),
        (Series::new("foreign_temperature_celsius", []), -3.25),
        (Series::new("foreign_unknown_ratio", []), f64::NAN),
        (Series::new("foreign_endless_ratio", []), f64::NEG_INFINITY),
        (Series::new("foreign_workers", []), -4.0),
        (bucket("0.5"), 0.0),
        (bucket("1.0"), 1.0),
        (bucket("1.048576e+06"), 1.0),
        (bucket("+Inf"), 2.0),
        (
            Series::new("foreign_size_bytes_sum", place),
            1_000_000_001.0,
        ),
        (Series::new("foreign_size_bytes_count", place), 2.0),
        (Series::new("foreign_hostile_values_total", []), 0.25),
    ];
    let mut expected = 0.5;
    for value in hostile_values() {
        let series = Series::new("foreign_hostile_values_total", [("value", &*value)]);
        samples.push((series, expected));
        expected += 1.0;
    }
    samples
}

/// The families of a snapshot and of the workload's foreign collectors.
pub(crate) fn families(snapshot: &Snapshot, format: Format) -> Families {
    let metadata = |kind: &str, help: &str| Metadata {
        kind: kind.to_owned(),
        help: help.to_owned(),
        unit: String::new(),
    };
    let mut families: Families = [
        ("requests", "counter", "Requests, in \"halves\"."),
        ("events", "counter", "Events.\nMany of them, \\o/."),
        ("temperature_celsius", "gauge", "Temperature."),
        ("unknown_ratio", "gauge", "Not known."),
        ("endless_ratio", "gauge", "Without end."),
        ("workers", "gauge", "Workers."),
        ("size_bytes", "histogram", "Sizes."),
        ("hostile_values", "counter", "Hostile values."),
    ]
    .map(|(name, kind, help)| (format!("foreign_{name}"), metadata(kind, help)))
    .into();
    for family in snapshot.families() {
        let name: &str = &family.name;
        let name = name.strip_suffix("_total").unwrap_or(name);
        let mut metadata = metadata(family.kind.as_str(), &family.help);
        if format == Format::OpenMetrics {
            metadata.unit.push_str(family.unit.unwrap_or_default());
        }
        let twice = families.insert(name.to_owned(), metadata);
        assert_eq!(twice, None, "twice: {name}");
    }
    families
}
