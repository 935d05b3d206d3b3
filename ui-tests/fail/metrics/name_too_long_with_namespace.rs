use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Counter;

    /// Orders placed.
    pub fn orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_total() -> Counter;
}

fn main() {}
