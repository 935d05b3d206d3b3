use instrumetrics::counted;

#[counted]
pub const fn order() {}

fn main() {}
