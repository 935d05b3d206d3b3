use instrumetrics::metrics;

#[metrics]
pub mod telemetry {
    use instrumetrics::Counter;

    /// Orders placed.
    #[metric(name = "__orders_total")]
    pub fn orders_total() -> Counter;
}

fn main() {}
