use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Histogram;

    /// Time to place an order.
    #[metric(buckets = [])]
    pub fn checkout_seconds() -> Histogram;
}

fn main() {}
