//! Gauges that read a closure.

use instrumetrics::{metrics, render, snapshot};

#[metrics]
mod dials {
    use instrumetrics::Gauge;

    /// Pressure.
    pub fn pressure_pascals() -> Gauge;

    /// Broken.
    pub fn broken(dial: &str) -> Gauge;

    /// Of another gauge.
    pub fn double_pressure_pascals() -> Gauge;
}

#[test]
fn a_closure_is_asked_at_each_reading_and_may_fail() {
    dials::pressure_pascals().observe_with(|| 7_u8);
    dials::double_pressure_pascals().observe_with(|| 2.0 * dials::pressure_pascals().value());
    dials::broken("panics").observe_with(|| -> f64 { panic!("as asked") });
    dials::broken("nan").observe_with(|| f64::NAN);
    for _ in 0..2 {
        let snapshot = snapshot();
        assert_eq!(snapshot.gauge("pressure_pascals", &[]), Some(7.0));
        assert_eq!(snapshot.gauge("double_pressure_pascals", &[]), Some(14.0));
        assert_eq!(snapshot.gauge("broken", &[("dial", "panics")]), None);
        let text = render();
        assert!(text.contains("\npressure_pascals 7\n"));
        assert!(!text.contains("broken"), "all of its series failed");
    }
    dials::broken("fine").set(1);
    assert!(render().contains("\nbroken{dial=\"fine\"} 1\n"));
}
