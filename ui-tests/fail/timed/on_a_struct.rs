use instrumetrics::timed;

#[timed]
struct Shop;

fn main() {}
