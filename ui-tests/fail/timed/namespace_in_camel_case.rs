use instrumetrics::timed;

#[timed(namespace = "webShop")]
fn order() {}

fn main() {}
