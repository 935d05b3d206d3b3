use instrumetrics::metrics;

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Counter;

    /// Orders placed.
    pub fn orders_total(l0: &str, l1: &str, l2: &str, l3: &str, l4: &str, l5: &str, l6: &str, l7: &str, l8: &str, l9: &str, l10: &str, l11: &str, l12: &str, l13: &str, l14: &str, l15: &str, l16: &str) -> Counter;
}

fn main() {}
