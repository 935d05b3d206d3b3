use instrumetrics::timed;

#[timed(skip)]
fn order() {}

fn main() {}
