//! Declared metrics: kinds, labels, zeroes before use.

use instrumetrics::{LabelValue, metrics, register, render, snapshot, timed, unlinked};
use std::time::Duration;

#[derive(Clone, Copy, LabelValue)]
#[label(rename_all = "kebab-case")]
enum Channel {
    FrontDoor,
    #[label("☎ \"line\"")]
    Phone,
}

#[metrics(namespace = "shop")]
mod shop {
    use super::Channel;
    use instrumetrics::{Counter, Gauge, Histogram};

    /// Customers who came in.
    ///
    /// What follows the first paragraph is not help.
    pub fn customers_total(channel: Channel, regular: Option<Channel>) -> Counter;

    /// Money taken.
    #[metric(name = "takings_euros_total")]
    pub fn takings(till: u8) -> Counter<f64>;

    /// Things on the shelf.
    pub fn shelf_items(shelf: &str, r#type: Option<&str>) -> Gauge;

    /// Time to be served.
    #[metric(buckets = [0.5, 1, 2.5])]
    pub fn service_seconds(counter: &str) -> Histogram;

    /// Size of the receipts.
    pub fn receipt_bytes() -> Histogram;

    /// How sure the till is.
    pub fn guess_confidence(sure: bool) -> Histogram;
}

#[test]
fn every_series_of_enums_is_there_before_anything_happened() {
    let text = render();
    // Nothing in this binary calls it with these.
    assert!(text.contains("# HELP shop_customers_total Customers who came in.\n"));
    assert!(text.contains("\nshop_customers_total{channel=\"☎ \\\"line\\\"\"} 0\n"));
    assert!(
        text.contains(
            "\nshop_customers_total{channel=\"☎ \\\"line\\\"\",regular=\"front-door\"} 0\n"
        )
    );
    assert!(text.contains("\nshop_receipt_bytes_count 0\n"));
    assert!(
        !text.contains("shop_guess_confidence"),
        "dynamic and never used"
    );
}

#[test]
fn every_kind_records_what_it_is_given() {
    shop::customers_total(Channel::FrontDoor, None).inc_by(3);
    shop::takings(7).inc_by(2.5);
    shop::takings(7).inc_by(Duration::from_millis(500));
    let shelf = shop::shelf_items("top", None);
    shelf.set(10);
    shelf.clone().dec();
    shelf.sub(0.5);
    shop::shelf_items("top", Some("jam")).add(4);
    shop::service_seconds("left").observe(1.0);
    shop::service_seconds("left").observe_duration(Duration::from_secs(2));
    shop::service_seconds("left").observe(100);

    let snapshot = snapshot();
    let customers = [("channel", "front-door"), ("regular", "")];
    assert_eq!(
        snapshot.counter("shop_customers_total", &customers),
        Some(3.0)
    );
    assert_eq!(
        snapshot.counter("shop_takings_euros_total", &[("till", "7")]),
        Some(3.0)
    );
    assert_eq!(
        snapshot.gauge("shop_shelf_items", &[("shelf", "top")]),
        Some(8.5)
    );
    let jam = [("type", "jam"), ("shelf", "top")];
    assert_eq!(snapshot.gauge("shop_shelf_items", &jam), Some(4.0));
    let service = snapshot
        .histogram("shop_service_seconds", &[("counter", "left")])
        .unwrap();
    let buckets: Vec<(f64, u64)> = service.buckets().collect();
    assert_eq!(buckets, [(0.5, 0), (1.0, 1), (2.5, 2), (f64::INFINITY, 3)]);
    assert_eq!((service.count(), service.sum()), (3, 103.0));
}

#[test]
fn buckets_follow_from_the_unit() {
    let snapshot = snapshot();
    let receipt = snapshot.histogram("shop_receipt_bytes", &[]).unwrap();
    let bounds: Vec<f64> = receipt.buckets().map(|(le, _)| le).collect();
    assert_eq!(
        (bounds.len(), bounds[0], bounds[10]),
        (12, 256.0, 268_435_456.0)
    );
}

#[test]
fn a_timer_observes_when_it_is_dropped_or_stopped() {
    #[metrics]
    mod stopwatch {
        use instrumetrics::Histogram;

        /// Laps.
        pub fn lap_seconds() -> Histogram;
    }
    drop(stopwatch::lap_seconds().start_timer());
    assert!(stopwatch::lap_seconds().start_timer().stop() < Duration::from_secs(1));
    stopwatch::lap_seconds().start_timer().discard();
    assert_eq!(stopwatch::lap_seconds().count(), 2);
}

#[test]
fn an_attribute_records_into_a_declared_metric() {
    struct Till(&'static str);
    impl Till {
        fn name(&self) -> &str {
            self.0
        }
    }
    #[timed(shop::service_seconds(till.name()))]
    fn serve(till: Till) -> Till {
        till
    }
    serve(Till("right"));
    let right = [("counter", "right")];
    assert_eq!(
        snapshot()
            .histogram("shop_service_seconds", &right)
            .unwrap()
            .count(),
        1
    );
}

#[test]
fn everything_declared_here_is_linked_and_can_be_registered_by_hand() {
    register!(shop);
    assert_eq!(unlinked(), []);
}
