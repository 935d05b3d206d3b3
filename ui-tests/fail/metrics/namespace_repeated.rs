use instrumetrics::metrics;

#[metrics(namespace = "web", namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Counter;

    /// Orders placed.
    pub fn orders_total() -> Counter;
}

fn main() {}
