use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Counter;

    /// Orders placed.
    #[metric(max_series)]
    pub fn orders_total(shop: &str) -> Counter;
}

fn main() {}
