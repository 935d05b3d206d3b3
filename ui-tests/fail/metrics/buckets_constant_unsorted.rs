use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Histogram;

    const BOUNDS: &[f64] = &[1.0, 0.1];

    /// Time to place an order.
    #[metric(buckets = BOUNDS)]
    pub fn checkout_seconds() -> Histogram;
}

fn main() {}
