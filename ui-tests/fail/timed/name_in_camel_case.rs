use instrumetrics::timed;

#[timed("orderDuration_seconds")]
fn order() {}

fn main() {}
