use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Counter;

    /// Orders placed.
    #[metric(prefix = "web")]
    pub fn orders_total() -> Counter;
}

fn main() {}
