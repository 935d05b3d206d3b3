use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Counter;

    /// Orders placed.
    #[metric(name = "3d_orders_total")]
    pub fn orders_total() -> Counter;
}

fn main() {}
