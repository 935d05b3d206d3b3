use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Counter;

    /// Orders placed.
    pub fn orders_total() -> Counter;

    /// Orders paid.
    #[metric(name = "orders_total")]
    pub fn paid_total() -> Counter;
}

fn main() {}
