#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! A module without arguments, and one in another.

use instrumetrics::metrics;

#[metrics]
mod outer {
    use instrumetrics::Counter;

    /// Orders placed.
    pub fn outer_orders_total() -> Counter;

    /// A module as it is.
    pub mod inner {
        use instrumetrics::metrics;

        /// Of its own.
        #[metrics(namespace = "inner")]
        pub mod telemetry {
            use instrumetrics::Counter;

            /// Orders placed.
            pub fn orders_total() -> Counter;
        }
    }
}

#[metrics()]
mod empty {}

fn main() {
    outer::outer_orders_total().inc();
    outer::inner::telemetry::orders_total().inc();
    instrumetrics::register!(empty);
    assert_eq!(outer::inner::telemetry::orders_total().value(), 1);
}
