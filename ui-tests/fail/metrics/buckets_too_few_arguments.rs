use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Histogram;

    /// Time to place an order.
    #[metric(buckets = linear(0.1, 2.0))]
    pub fn checkout_seconds() -> Histogram;
}

fn main() {}
