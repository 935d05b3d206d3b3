use instrumetrics::counted;

#[counted(buckets = [0.1])]
fn order() {}

fn main() {}
