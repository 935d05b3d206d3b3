use instrumetrics::{counted, metrics};

#[metrics]
mod telemetry {
    use instrumetrics::Gauge;

    /// Orders open.
    pub fn orders_open() -> Gauge;
}

#[counted(telemetry::orders_open())]
fn order() {}

fn main() {}
