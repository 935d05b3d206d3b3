use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Counter;

    /// Orders placed.
    pub fn orders_total();

    /// Orders paid.
    pub fn paid_total() -> Counter;
}

fn main() {}
