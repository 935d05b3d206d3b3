use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Counter;

    /// Orders placed.
    pub unsafe fn orders_total() -> Counter;
}

fn main() {}
