use instrumetrics::timed;

#[timed(colour = "red")]
fn order() {}

fn main() {}
