use instrumetrics::{LabelValue, metrics};

#[derive(Clone, Copy, LabelValue)]
pub enum Digit {
    D0, D1, D2, D3, D4, D5, D6, D7, D8, D9,
}

#[metrics(namespace = "shop")]
pub mod telemetry {
    use instrumetrics::Counter;
    use super::Digit;

    /// Orders placed.
    pub fn orders_total(a: Digit, b: Digit, c: Digit, d: Digit) -> Counter;
}

fn main() {}
