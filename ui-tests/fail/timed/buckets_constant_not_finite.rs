use instrumetrics::timed;

const BOUNDS: &[f64] = &[0.1, f64::NAN];

#[timed(buckets = BOUNDS)]
fn order() {}

fn main() {}
