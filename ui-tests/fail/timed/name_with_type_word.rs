use instrumetrics::timed;

#[timed("order_histogram_seconds")]
fn order() {}

fn main() {}
