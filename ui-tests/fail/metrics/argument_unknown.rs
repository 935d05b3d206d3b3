use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Counter;

    /// Orders placed.
    #[metric(bucket = [1.0])]
    pub fn orders_total() -> Counter;
}

fn main() {}
