use instrumetrics::timed;

#[timed("order-time_seconds")]
fn order() {}

fn main() {}
