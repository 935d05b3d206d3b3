//! Instruments as statics, without a macro.

use instrumetrics::{Counter, Descriptor, Gauge, Histogram, snapshot};

static TURNS: Counter = Counter::new(&Descriptor::counter("turns_total", "Turns."));
static SPENT: Counter<f64> =
    Counter::real(&Descriptor::counter("spent_seconds_total", "Time spent."));
static ANGLE: Gauge = Gauge::new(&Descriptor::gauge("angle_radians", "Angle."));
static SPIN: Histogram =
    Histogram::new(&Descriptor::histogram("spin_seconds", "Spins.").bounds(&[0.5, 1.0]));

#[test]
fn statics_register_when_first_used() {
    assert_eq!(snapshot().counter("turns_total", &[]), None);
    TURNS.inc();
    TURNS.clone().inc();
    SPENT.inc_by(0.5);
    ANGLE.set(1.5);
    SPIN.observe(0.75);
    let snapshot = snapshot();
    assert_eq!(snapshot.counter("turns_total", &[]), Some(2.0));
    assert_eq!(snapshot.counter("spent_seconds_total", &[]), Some(0.5));
    assert_eq!(snapshot.gauge("angle_radians", &[]), Some(1.5));
    let spins = snapshot.histogram("spin_seconds", &[]).unwrap();
    assert_eq!(
        spins.buckets().map(|(_, n)| n).collect::<Vec<_>>(),
        [0, 1, 1]
    );
}
