//! Assertions: what can be written, and what they say when they fail.

use instrumetrics::testing::{Scope, assert_gauge, assert_histogram};
// At the root as well.
use instrumetrics::{LabelValue, assert_counter, metrics};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;
use std::time::Duration;

#[derive(Clone, Copy, LabelValue)]
#[label(rename_all = "snake_case")]
enum Wheel {
    Front,
    Rear,
}

#[metrics(namespace = "bicycle")]
mod bicycle {
    use super::Wheel;
    use instrumetrics::{Counter, Gauge, Histogram};

    /// Rides.
    pub fn rides_total() -> Counter;

    /// Flat tyres.
    pub fn flats_total(wheel: Wheel, street: &str, house: Option<u32>) -> Counter;

    /// Way.
    pub fn way_meters_total() -> Counter<f64>;

    /// Pressure.
    pub fn pressure_pascals(wheel: Wheel) -> Gauge;

    /// Load.
    pub fn load_grams(bag: &str) -> Gauge;

    /// Time of a ride.
    pub fn ride_seconds(street: &str) -> Histogram;

    /// Only ever declared.
    pub fn thefts_total(street: &str) -> Counter;
}

fn ridden() -> Scope {
    let scope = Scope::new();
    scope.enter(|| {
        bicycle::rides_total().inc_by(3);
        bicycle::flats_total(Wheel::Rear, "High", Some(7)).inc();
        bicycle::flats_total(Wheel::Rear, "High", None).inc_by(2);
        bicycle::way_meters_total().inc_by(0.1);
        bicycle::way_meters_total().inc_by(0.2);
        bicycle::pressure_pascals(Wheel::Front).set(350_000);
        bicycle::ride_seconds("High").observe_duration(Duration::from_millis(1500));
        bicycle::ride_seconds("High").observe(2);
    });
    scope
}

#[test]
fn all_that_can_be_written() {
    let scope = ridden();
    let snapshot = scope.snapshot();
    let name = String::from("bicycle_rides_total");
    assert_counter!(scope, "bicycle_rides_total", 3);
    assert_counter!(&scope, &name, 3_u8,);
    assert_counter!(snapshot, name.as_str(), 3.0);
    assert_counter!(scope.clone(), "bicycle_rides_total", 2..);
    assert_counter!(scope, "bicycle_rides_total", 2..4);
    assert_counter!(scope, "bicycle_rides_total", 1..=3);
    assert_counter!(scope, "bicycle_flats_total", {"wheel" => Wheel::Rear, "street" => "High", "house" => 7}, 1);
    assert_counter!(scope, "bicycle_flats_total", {"house" => "7", "street" => String::from("High"), "wheel" => "rear"}, 1);
    assert_counter!(
        scope,
        "bicycle_flats_total",
        [("street", "High"), ("wheel", Wheel::Rear)],
        2
    );
    assert_counter!(scope, "bicycle_flats_total", {"wheel" => Wheel::Rear, "street" => "High", "house" => None::<u32>}, 2,);
    let labels = vec![("street", "High"), ("wheel", "rear")];
    assert_counter!(snapshot, "bicycle_flats_total", &labels, 2);
    assert_counter!(snapshot, "bicycle_flats_total", labels, 2);
    assert_counter!(scope, "bicycle_way_meters_total", 0.3, tolerance = 1e-9);
    assert_counter!(scope, "bicycle_way_meters_total", [], 0.3, tolerance = 1e-9,);
    assert_gauge!(scope, "bicycle_pressure_pascals", {"wheel" => Wheel::Front}, 350_000);
    assert_gauge!(scope, "bicycle_pressure_pascals", {"wheel" => Wheel::Rear}, 0);
    assert_gauge!(scope, "bicycle_pressure_pascals", {"wheel" => Wheel::Front}, 350_010, tolerance = 10);
    assert_histogram!(scope, "bicycle_ride_seconds", {"street" => "High"}, count = 2);
    assert_histogram!(
        scope,
        "bicycle_ride_seconds",
        [("street", "High")],
        sum = Duration::from_millis(3500)
    );
    assert_histogram!(
        scope,
        "bicycle_ride_seconds",
        [("street", "High")],
        count = 1..,
        sum = 3.4,
        tolerance = 0.2,
    );
    assert_histogram!(
        snapshot,
        "bicycle_ride_seconds",
        &[("street", "High")],
        count = 2,
        sum = 3.5
    );
    scope.enter(|| {
        assert_counter!("bicycle_rides_total", 3);
        assert_counter!(name, 3);
        assert_counter!("bicycle_flats_total", {"wheel" => "rear", "street" => "High"}, 2);
        assert_counter!(
            "bicycle_flats_total",
            [("wheel", "rear"), ("street", "High")],
            2
        );
        assert_counter!("bicycle_way_meters_total", 0.3, tolerance = 1e-9);
        assert_gauge!("bicycle_pressure_pascals", {"wheel" => "front"}, 3.5e5);
        assert_histogram!("bicycle_ride_seconds", {"street" => "High"}, count = 2, sum = 3.5);
        assert_histogram!("bicycle_ride_seconds", [("street", "High")], count = 2);
    });
    // Outside of all scopes, where nothing was recorded.
    assert_counter!("bicycle_rides_total", 0);
    assert_counter!("bicycle_thefts_total", {"street" => "High"}, 0);
    assert_histogram!("bicycle_ride_seconds", {"street" => "Low"}, count = 0, sum = 0);
}

thread_local!(static LINE: Cell<u32> = const { Cell::new(0) });

/// The message of a failed assertion, and its line.
fn failure(assertion: impl FnOnce()) -> (String, u32) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = take_hook();
        set_hook(Box::new(move |panic| {
            let ours = panic.location().filter(|at| at.file() == file!());
            LINE.set(ours.map_or(0, std::panic::Location::line));
            previous(panic);
        }));
    });
    let panic = catch_unwind(AssertUnwindSafe(assertion)).expect_err("it held");
    (panic.downcast_ref::<String>().unwrap().clone(), LINE.get())
}

fn message(assertion: impl FnOnce()) -> String {
    failure(assertion).0
}

#[test]
fn a_failure_points_at_the_line_and_lists_the_series() {
    let scope = ridden();
    let (text, line) = failure(|| assert_counter!(scope, "bicycle_rides_total", 4));
    assert_eq!(line, line!() - 1);
    assert_eq!(
        text,
        "counter `bicycle_rides_total` is 3, not 4\nits series:\n  bicycle_rides_total 3"
    );
    let text = message(|| {
        assert_counter!(scope, "bicycle_flats_total", {"street" => "High", "wheel" => "rear"}, 3..);
    });
    assert_eq!(
        text,
        "counter `bicycle_flats_total{street=\"High\",wheel=\"rear\"}` is 2, not 3..\nits series:\n  \
         bicycle_flats_total{street=\"High\",wheel=\"rear\"} 2\n  \
         bicycle_flats_total{house=\"7\",street=\"High\",wheel=\"rear\"} 1"
    );
    let text = message(|| assert_counter!(scope, "bicycle_thefts_total", {"street" => "High"}, 1));
    assert_eq!(
        text,
        "counter `bicycle_thefts_total{street=\"High\"}` was not recorded, and so is not 1\nit has no series"
    );
    let (text, line) = failure(|| {
        assert_histogram!(scope, "bicycle_ride_seconds", {"street" => "High"}, count = 2, sum = 3);
    });
    assert_eq!(line, line!() - 2);
    assert_eq!(
        text,
        "the sum of histogram `bicycle_ride_seconds{street=\"High\"}` is 3.5, not 3\nits series:\n  \
         bicycle_ride_seconds{street=\"High\"} count 2, sum 3.5"
    );
    let text = message(
        || assert_gauge!(scope, "bicycle_pressure_pascals", {"wheel" => Wheel::Front}, 3, tolerance = 0.5),
    );
    assert!(text.contains("is 350000, not 3 \u{b1} 0.5\n"), "{text}");
    // A gauge that was not set is not zero.
    scope.enter(|| bicycle::load_grams("left").set(0));
    assert_gauge!(scope, "bicycle_load_grams", {"bag" => "left"}, 0);
    let text = message(|| assert_gauge!(scope, "bicycle_load_grams", {"bag" => "right"}, 0));
    assert!(
        text.starts_with("gauge `bicycle_load_grams{bag=\"right\"}` was not recorded"),
        "{text}"
    );
}

#[test]
fn a_failure_names_what_is_near() {
    let scope = ridden();
    let says = |assertion: &dyn Fn(), what: &str| assert_eq!(message(assertion), what);
    // Zero is no excuse for a name that does not exist.
    says(
        &|| assert_counter!(scope, "bicycle_ride_total", 0),
        "no metric is named `bicycle_ride_total`; did you mean `bicycle_rides_total`?",
    );
    says(
        &|| assert_counter!(scope, "unicycle_falls_of_a_kind_that_nothing_has", 0),
        "no metric is named `unicycle_falls_of_a_kind_that_nothing_has`; metrics register when they are first used",
    );
    says(
        &|| assert_gauge!(scope, "bicycle_rides_total", 3),
        "`bicycle_rides_total` is a counter, not a gauge",
    );
    says(
        &|| assert_counter!(scope, "bicycle_thefts_total", {"stret" => "High"}, 0),
        "counter `bicycle_thefts_total` has the label `street`, and none named `stret`; did you mean `street`?",
    );
    says(
        &|| assert_counter!(scope, "bicycle_rides_total", {"street" => "High"}, 0),
        "counter `bicycle_rides_total` has no labels, and none named `street`",
    );
    says(
        &|| assert_counter!(scope, "bicycle_flats_total", {"colour" => "red"}, 0),
        "counter `bicycle_flats_total` has the labels `wheel`, `street`, `house`, and none named `colour`",
    );
}

#[test]
fn a_failure_lists_no_more_than_can_be_read() {
    let scope = Scope::new();
    scope.enter(|| {
        for street in 0..30 {
            bicycle::ride_seconds(&street.to_string()).observe(1);
        }
    });
    let text = message(
        || assert_histogram!(scope, "bicycle_ride_seconds", {"street" => "Low"}, count = 1),
    );
    assert_eq!(text.lines().count(), 23, "{text}");
    assert!(text.ends_with("\n  and 10 more"), "{text}");
}
