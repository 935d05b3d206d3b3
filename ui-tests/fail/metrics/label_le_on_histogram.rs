use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Histogram;

    /// Time to place an order.
    pub fn checkout_seconds(le: &str) -> Histogram;
}

fn main() {}
