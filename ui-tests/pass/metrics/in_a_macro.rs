#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Declared by a macro by example.

use instrumetrics::metrics;

macro_rules! counters {
    ($module:ident, $namespace:literal, $($help:literal $name:ident($($label:ident: $ty:ty),*)),*) => {
        #[metrics(namespace = $namespace)]
        mod $module {
            use instrumetrics::Counter;
            $(
                #[doc = $help]
                pub fn $name($($label: $ty),*) -> Counter;
            )*
        }
    };
}

counters!(telemetry, "macros", "Orders placed." orders_total(shop: &str, n: u8), "Paid." paid_total());

fn main() {
    telemetry::orders_total("a", 1).inc();
    telemetry::paid_total().inc();
    let text = instrumetrics::render();
    assert!(
        text.contains(r#"macros_orders_total{n="1",shop="a"} 1"#),
        "{text}"
    );
}
