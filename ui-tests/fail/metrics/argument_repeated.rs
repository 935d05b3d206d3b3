use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Counter;

    /// Orders placed.
    #[metric(max_series = 5, max_series = 6)]
    pub fn orders_total(shop: &str) -> Counter;
}

fn main() {}
