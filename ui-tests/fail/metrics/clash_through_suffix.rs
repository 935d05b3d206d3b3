use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::{Counter, Histogram};

    /// Time to place an order.
    pub fn checkout_seconds() -> Histogram;

    /// Checkouts.
    #[metric(name = "checkout_seconds_total")]
    pub fn checkouts_total() -> Counter;
}

fn main() {}
