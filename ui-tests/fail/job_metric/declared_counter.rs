use instrumetrics::{job_metric, metrics};

#[metrics]
mod telemetry {
    use instrumetrics::Counter;

    /// Orders handled.
    pub fn orders_total(shop: &str) -> Counter;
}

#[job_metric(telemetry::orders_total(shop))]
fn order(shop: &str) {
    let _ = shop;
}

fn main() {}
