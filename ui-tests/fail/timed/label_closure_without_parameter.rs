use instrumetrics::timed;

#[timed(labels(weight = || 1))]
fn order() -> u32 {
    1
}

fn main() {}
