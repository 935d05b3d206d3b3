use instrumetrics::timed;

#[timed]
#[allow(non_snake_case)]
fn placeOrder() {}

fn main() {}
