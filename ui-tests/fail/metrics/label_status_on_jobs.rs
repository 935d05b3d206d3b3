use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Jobs;

    /// Orders handled.
    pub fn orders(status: &str) -> Jobs;
}

fn main() {}
