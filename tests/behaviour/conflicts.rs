//! Definitions that contradict each other: reported with both sites, and nothing recorded is lost.

use instrumetrics::{check, counted, metrics, snapshot};

#[metrics]
mod first {
    use instrumetrics::{Counter, Gauge};

    /// Parcels.
    pub fn parcels_total(size: &str) -> Counter;

    /// Weight.
    pub fn weight_grams() -> Gauge;
}

#[metrics]
mod second {
    use instrumetrics::{Counter, Histogram};

    /// Parcels, said differently: help never conflicts.
    pub fn parcels_total(size: &str) -> Counter;

    /// Weight.
    #[metric(buckets = [1.0])]
    pub fn weight_grams() -> Histogram;
}

#[counted("parcels_weighed_total", labels(size))]
fn weigh(size: &str) {}

#[counted("parcels_weighed_total", labels(colour))]
fn weigh_again(colour: &str) {}

#[test]
fn identical_definitions_share_a_family_and_conflicts_name_both_sites() {
    first::parcels_total("big").inc();
    second::parcels_total("big").inc();
    assert_eq!(
        snapshot().counter("parcels_total", &[("size", "big")]),
        Some(2.0)
    );

    // Whichever came first is exposed; the other records into a family of its own.
    first::weight_grams().set(5);
    second::weight_grams().observe(2);
    assert!((first::weight_grams().value() - 5.0).abs() < f64::EPSILON);
    assert_eq!(second::weight_grams().count(), 1);
    weigh("s");
    weigh_again("red");

    let conflicts = check().unwrap_err();
    let texts: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 2, "{conflicts}");
    for (text, name) in texts.iter().zip(["parcels_weighed_total", "weight_grams"]) {
        assert!(text.contains(name), "{text}");
        let sites = text.matches("tests/behaviour/conflicts.rs:").count();
        assert_eq!(sites, 2, "{text}");
    }
    let lines: Vec<u32> = conflicts
        .iter()
        .flat_map(|conflict| [conflict.earlier.site.line, conflict.later.site.line])
        .collect();
    assert!(lines.contains(&13) && lines.contains(&25), "{lines:?}");
    let errors = snapshot()
        .counter("metrics_config_errors_total", &[("error_type", "conflict")])
        .unwrap();
    assert!((errors - 2.0).abs() < f64::EPSILON, "{errors}");
}
