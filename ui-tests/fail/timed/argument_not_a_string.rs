use instrumetrics::timed;

#[timed(help = 5)]
fn order() {}

fn main() {}
