use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Histogram;

    /// Time to place an order.
    #[metric(buckets = [0.1, 0.1])]
    pub fn checkout_seconds() -> Histogram;
}

fn main() {}
