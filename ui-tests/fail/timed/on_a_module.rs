use instrumetrics::timed;

#[timed]
mod shop {}

fn main() {}
