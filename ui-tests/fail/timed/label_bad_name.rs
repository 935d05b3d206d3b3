use instrumetrics::timed;

#[timed(labels(__shop = "x"))]
fn order() {}

fn main() {}
