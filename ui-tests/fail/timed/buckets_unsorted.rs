use instrumetrics::timed;

#[timed(buckets = [1.0, 0.1])]
fn order() {}

fn main() {}
