use instrumetrics::{metrics, timed};

#[metrics]
mod telemetry {
    use instrumetrics::Histogram;

    /// Time to order.
    pub fn order_seconds(shop: &str) -> Histogram;
}

#[timed(telemetry::order_seconds(shop), outcome)]
fn order(shop: &str) {
    let _ = shop;
}

fn main() {}
