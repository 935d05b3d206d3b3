use instrumetrics::timed;

#[timed("order_seconds", name = "orders_seconds")]
fn order() {}

fn main() {}
