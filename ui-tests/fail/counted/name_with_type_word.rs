use instrumetrics::counted;

#[counted("orders_counter")]
fn order() {}

fn main() {}
