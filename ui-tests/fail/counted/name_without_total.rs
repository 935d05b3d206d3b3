use instrumetrics::counted;

#[counted("orders")]
fn order() {}

fn main() {}
