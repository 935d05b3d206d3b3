use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Counter;

    /// Orders placed.
    pub fn orders_total((shop, town): (&str, &str)) -> Counter;
}

fn main() {}
