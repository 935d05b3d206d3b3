use instrumetrics::timed;

#[timed("order_seconds" outcome)]
fn order() {}

fn main() {}
