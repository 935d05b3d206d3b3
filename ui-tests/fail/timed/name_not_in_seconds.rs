use instrumetrics::timed;

#[timed("order_duration")]
fn order() {}

fn main() {}
