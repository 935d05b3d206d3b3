use instrumetrics::timed;

#[timed(outcome = "error")]
fn order() {}

fn main() {}
