use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Gauge;

    /// Orders open.
    pub fn orders_total() -> Gauge;
}

fn main() {}
