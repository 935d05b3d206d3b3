#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! The shortest use: counted when the call begins.

use instrumetrics::counted;

#[counted]
fn order() -> u64 {
    instrumetrics::snapshot()
        .counter("order_total", &[])
        .map_or(0, |n| n as u64)
}

#[counted("orders_total", help = "Orders placed.", namespace = "shop", in_flight)]
fn _named() {}

fn main() {
    assert_eq!(order(), 1);
    _named();
    let text = instrumetrics::render();
    assert!(
        text.contains("# HELP shop_orders_total Orders placed.\n"),
        "{text}"
    );
    assert!(text.contains("shop_orders_total 1\n"), "{text}");
    assert!(text.contains("shop_orders_in_flight 0\n"), "{text}");
}
