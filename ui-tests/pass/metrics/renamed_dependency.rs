#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Under another name, told by `crate = path`.

/// Renamed.
pub extern crate instrumetrics as telemetry_kit;

mod facade {
    pub use telemetry_kit as kit;
}

use telemetry_kit::{LabelValue, counted, job_metric, metrics, timed};

#[derive(Clone, Copy, LabelValue)]
#[label(crate = telemetry_kit)]
enum Shop {
    Online,
}

#[metrics(namespace = "renamed", crate = crate::facade::kit)]
mod telemetry {
    use super::Shop;
    use telemetry_kit::{Counter, Histogram};

    /// Orders placed.
    pub fn orders_total(shop: Shop) -> Counter;

    /// Time to order.
    #[metric(buckets = exponential(0.1, 2.0, 4))]
    pub fn order_seconds() -> Histogram;
}

#[timed(crate = telemetry_kit, outcome, in_flight)]
#[counted(telemetry::orders_total(shop), crate = crate::facade::kit)]
#[job_metric(shop, crate = telemetry_kit)]
fn order(shop: Shop) -> Result<(), ()> {
    let _ = shop;
    Ok(())
}

fn main() {
    assert_eq!(order(Shop::Online), Ok(()));
    telemetry::order_seconds().observe(1.0);
    assert_eq!(telemetry::orders_total(Shop::Online).value(), 1);
}
