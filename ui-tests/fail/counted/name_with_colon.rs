use instrumetrics::counted;

#[counted("shop:orders_total")]
fn order() {}

fn main() {}
