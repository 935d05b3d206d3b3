#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
#![no_implicit_prelude]
#![allow(dead_code)]
//! Nothing of the prelude is there, and its names mean other things.

use ::instrumetrics::{counted, job_metric, metrics, timed};

struct Result;
struct Option;
struct Some;
struct None;
struct Ok;
struct Err;
struct String;
struct Box;
struct Vec;
mod std {}
mod core_ {}
trait Drop {}
trait Future {}
trait Clone {}
trait From {}
trait Into {}
trait Fn {}
trait FnOnce {}

#[derive(::core::clone::Clone, ::core::marker::Copy, ::instrumetrics::LabelValue)]
#[label(rename_all = "snake_case")]
enum Shop {
    Online,
    MarketHall,
}

#[metrics(namespace = "prelude")]
mod telemetry {
    use super::Shop;
    use ::instrumetrics::{Counter, Histogram, Jobs};

    /// Orders placed.
    pub fn orders_total(shop: Shop, town: &str) -> Counter;

    /// Time to order.
    #[metric(buckets = linear(0.1, 0.1, 5))]
    pub fn order_seconds() -> Histogram;

    /// Orders handled.
    pub fn orders(shop: Shop) -> Jobs;
}

#[timed("prelude_fail_seconds", labels(town, shop = shop, size = |ret| ret.is_ok()), outcome, in_flight)]
fn fail(town: &str, shop: Shop) -> ::core::result::Result<u32, ()> {
    let _ = town;
    match shop {
        Shop::Online => ::core::result::Result::Ok(1),
        Shop::MarketHall => ::core::result::Result::Err(()),
    }
}

#[counted(telemetry::orders_total(shop, "x"))]
#[timed(telemetry::order_seconds())]
fn order(shop: Shop) {
    let _ = shop;
}

#[job_metric(telemetry::orders(shop))]
async fn run(shop: Shop) -> ::core::result::Result<(), ()> {
    let _ = shop;
    ::core::result::Result::Ok(())
}

#[job_metric(shop, namespace = "prelude_own")]
fn run_now(shop: Shop) -> ::core::option::Option<()> {
    let _ = shop;
    ::core::option::Option::None
}

fn main() {
    let _ = (Result, Option, Some, None, Ok, Err, String, Box, Vec);
    let _ = fail("ulm", Shop::Online);
    let _ = fail("ulm", Shop::MarketHall);
    order(Shop::Online);
    ::core::mem::drop(run(Shop::Online));
    ::core::assert!(run_now(Shop::Online).is_none());
    ::core::assert_eq!(telemetry::orders_total(Shop::Online, "x").value(), 1);
}
