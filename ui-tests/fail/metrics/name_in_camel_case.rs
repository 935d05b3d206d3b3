use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Counter;

    /// Orders placed.
    #[allow(non_snake_case)]
    pub fn ordersPlaced_total() -> Counter;
}

fn main() {}
