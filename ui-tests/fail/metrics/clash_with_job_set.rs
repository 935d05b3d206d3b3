use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::{Gauge, Jobs};

    /// Orders handled.
    pub fn orders() -> Jobs;

    /// Orders running.
    pub fn jobs_processing() -> Gauge;
}

fn main() {}
