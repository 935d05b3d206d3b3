use instrumetrics::timed;

#[timed(labels(outcome = "x"), outcome)]
fn order() {}

fn main() {}
