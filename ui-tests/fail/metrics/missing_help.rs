use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Counter;

    pub fn orders_total() -> Counter;
}

fn main() {}
