use instrumetrics::{job_metric, metrics};

#[metrics]
mod telemetry {
    use instrumetrics::Jobs;

    /// Orders handled.
    pub fn orders(shop: &str) -> Jobs;
}

#[job_metric(telemetry::orders(shop), telemetry::orders(shop))]
fn order(shop: &str) {
    let _ = shop;
}

fn main() {}
