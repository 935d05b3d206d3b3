use instrumetrics::timed;

#[timed(labels(shop = ))]
fn order() {}

fn main() {}
