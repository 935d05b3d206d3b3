use instrumetrics::metrics;

#[metrics]
mod telemetry {
    use instrumetrics::Counter;

    /// Orders placed.
    pub fn orders_total(shop: &str) -> Counter;
}

fn main() {
    telemetry::orders_total(5).inc();
}
