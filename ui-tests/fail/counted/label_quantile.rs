use instrumetrics::counted;

#[counted(labels(quantile = "0.5"))]
fn order() {}

fn main() {}
