use instrumetrics::metrics;

#[metrics(namespace = "Shop")]
mod telemetry {
    use instrumetrics::{Counter, Gauge};

    pub fn orders() -> Counter;

    /// Orders open.
    pub fn open_total(__shop: &str) -> Gauge;
}

fn main() {
    telemetry::orders().inc();
    telemetry::open_total("berlin").set(1);
}
