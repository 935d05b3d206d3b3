use instrumetrics::timed;

#[timed(5)]
fn order() {}

fn main() {}
