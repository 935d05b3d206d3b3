use instrumetrics::metrics;

#[metrics]
fn orders_total() {}

fn main() {}
