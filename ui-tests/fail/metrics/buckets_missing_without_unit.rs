use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Histogram;

    /// Items of an order.
    pub fn basket_items() -> Histogram;
}

fn main() {}
