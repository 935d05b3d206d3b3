use instrumetrics::timed;

#[timed(labels(customer))]
fn order() {}

fn main() {}
