use instrumetrics::timed;

#[timed(help = "One.", help = "Two.")]
fn order() {}

fn main() {}
