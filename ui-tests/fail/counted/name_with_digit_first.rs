use instrumetrics::counted;

#[counted("3d_orders_total")]
fn order() {}

fn main() {}
