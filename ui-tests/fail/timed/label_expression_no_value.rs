use instrumetrics::timed;

#[timed(labels(weight = 1.5))]
fn order() {}

fn main() {}
