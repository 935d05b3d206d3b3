//! What is not a sensible amount is refused and counted, and changes nothing.

use instrumetrics::{metrics, snapshot};

#[metrics]
mod amounts {
    use instrumetrics::{Counter, Gauge, Histogram};

    /// Whole.
    pub fn whole_total() -> Counter;

    /// Real.
    pub fn real_total() -> Counter<f64>;

    /// Level.
    pub fn level() -> Gauge;

    /// Spread.
    #[metric(buckets = [0.0])]
    pub fn spread() -> Histogram;
}

#[test]
fn refused_amounts_are_counted_by_metric() {
    let refused = |name| {
        let labels = [
            ("metric_name", name),
            ("operation", "record"),
            ("error_type", "invalid_value"),
        ];
        snapshot()
            .counter("metrics_validation_errors_total", &labels)
            .unwrap_or(0.0)
    };
    let whole = amounts::whole_total();
    whole.inc_by(-1);
    whole.inc_by(0.5);
    whole.inc_by(f64::NAN);
    whole.inc_by(4.0);
    assert_eq!(whole.value(), 4);
    assert!((refused("whole_total") - 3.0).abs() < f64::EPSILON);

    let real = amounts::real_total();
    real.inc_by(-0.5);
    real.inc_by(f64::INFINITY);
    real.inc_by(0.25);
    assert!((real.value() - 0.25).abs() < f64::EPSILON);
    assert!((refused("real_total") - 2.0).abs() < f64::EPSILON);

    let level = amounts::level();
    level.set(3);
    level.set(f64::NAN);
    level.add(f64::NEG_INFINITY);
    assert!((level.value() - 3.0).abs() < f64::EPSILON);
    assert!((refused("level") - 2.0).abs() < f64::EPSILON);

    let spread = amounts::spread();
    spread.observe(f64::NAN);
    spread.observe(-1);
    assert_eq!((spread.count(), spread.sum()), (1, -1.0));
    assert!((refused("spread") - 1.0).abs() < f64::EPSILON);
}

#[test]
fn counters_are_exact_above_two_to_the_fifty_third() {
    #[metrics]
    mod huge {
        use instrumetrics::Counter;

        /// Huge.
        pub fn huge_total() -> Counter;
    }
    huge::huge_total().inc_by(u64::MAX - 1);
    assert!(instrumetrics::render().contains("\nhuge_total 18446744073709551614\n"));
    // Over the top it starts again, as Prometheus expects of a counter that resets.
    huge::huge_total().inc_by(3);
    assert_eq!(huge::huge_total().value(), 1);
}
