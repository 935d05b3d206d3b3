use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Histogram;

    /// Time to place an order.
    #[metric(buckets = exponental(0.1, 2.0, 5))]
    pub fn checkout_seconds() -> Histogram;
}

fn main() {}
