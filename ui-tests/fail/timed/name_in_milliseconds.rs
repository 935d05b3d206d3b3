use instrumetrics::timed;

#[timed("order_duration_ms")]
fn order() {}

fn main() {}
