use instrumetrics::timed;

#[timed]
const fn order() {}

fn main() {}
