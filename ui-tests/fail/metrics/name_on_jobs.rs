use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Jobs;

    /// Orders handled.
    #[metric(name = "orders")]
    pub fn orders() -> Jobs;
}

fn main() {}
