use instrumetrics::timed;

#[timed(buckets = [0.1, "1.0"])]
fn order() {}

fn main() {}
