use instrumetrics::{metrics, timed};

#[metrics]
mod telemetry {
    use instrumetrics::Counter;

    /// Orders placed.
    pub fn orders_total() -> Counter;
}

#[timed(telemetry::orders_total())]
fn order() {}

fn main() {
    order();
}
