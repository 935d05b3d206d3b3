use instrumetrics::metrics;

pub struct Shop;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Counter;

    /// Orders placed.
    pub fn orders_total(shop: super::Shop) -> Counter;
}

fn main() {}
