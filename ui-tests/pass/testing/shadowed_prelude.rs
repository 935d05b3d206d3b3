#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
#![no_implicit_prelude]
//! Assertions where nothing of the prelude is there, and its names mean other things.

use ::instrumetrics::testing::{Scope, assert_counter, assert_gauge};
use ::instrumetrics::{LabelValue, assert_histogram, metrics};

#[allow(dead_code)]
struct Option;
#[allow(dead_code)]
struct String;
#[allow(dead_code)]
struct Vec;
#[allow(dead_code)]
mod core_ {}
#[allow(dead_code)]
mod testing {}
#[allow(dead_code)]
trait AsRef {}

#[derive(::core::clone::Clone, ::core::marker::Copy, LabelValue)]
enum Shop {
    Online,
}

#[metrics(namespace = "asserted")]
mod telemetry {
    use super::Shop;
    use ::instrumetrics::{Counter, Gauge, Histogram};

    /// Orders placed.
    pub fn orders_total(shop: Shop) -> Counter;

    /// Shops open.
    pub fn open() -> Gauge;

    /// Time to an order.
    pub fn order_seconds() -> Histogram;
}

fn main() {
    let scope = Scope::new();
    scope.enter(|| {
        telemetry::orders_total(Shop::Online).inc();
        telemetry::open().set(2);
        telemetry::order_seconds().observe(0.5);
        assert_counter!("asserted_orders_total", {"shop" => Shop::Online}, 1);
        assert_counter!("asserted_orders_total", [("shop", "Online")], 1.0, tolerance = 0.1);
        assert_histogram!("asserted_order_seconds", count = 1, sum = 0.5);
    });
    assert_counter!(scope, "asserted_orders_total", [("shop", "Online")], 1..);
    assert_gauge!(scope, "asserted_open", 2);
    assert_gauge!("asserted_open", 0);
    assert_histogram!(scope.snapshot(), "asserted_order_seconds", sum = 0.5, tolerance = 0.1);
}
