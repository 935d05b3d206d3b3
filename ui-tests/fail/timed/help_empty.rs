use instrumetrics::timed;

#[timed(help = " ")]
fn order() {}

fn main() {}
