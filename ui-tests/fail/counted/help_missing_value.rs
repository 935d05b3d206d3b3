use instrumetrics::counted;

#[counted("orders_total", help = )]
fn order() {}

fn main() {}
