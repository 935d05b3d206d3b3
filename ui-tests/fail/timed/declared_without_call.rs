use instrumetrics::{metrics, timed};

#[metrics]
mod telemetry {
    use instrumetrics::Histogram;

    /// Time to order.
    pub fn order_seconds() -> Histogram;
}

#[timed(telemetry::order_seconds)]
fn order() {}

fn main() {}
