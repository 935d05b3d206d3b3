use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Counter;

    /// Orders placed.
    #[metric(name = "orders:rate_total")]
    pub fn orders_total() -> Counter;
}

fn main() {}
