use instrumetrics::timed;

#[timed(in_flight = true)]
fn order() {}

fn main() {}
