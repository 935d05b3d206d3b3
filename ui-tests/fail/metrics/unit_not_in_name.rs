use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Gauge;

    /// Size of an order.
    #[metric(unit = "grams")]
    pub fn parcel_weight() -> Gauge;
}

fn main() {}
