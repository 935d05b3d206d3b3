use instrumetrics::{counted, metrics};

#[metrics]
mod telemetry {
    use instrumetrics::Counter;

    /// Orders placed.
    pub fn orders_total() -> Counter;
}

#[counted("orders_total", telemetry::orders_total())]
fn order() {}

fn main() {}
