use instrumetrics::timed;

#[timed(labels(weight = |ret| *ret))]
fn order() -> f64 {
    1.5
}

fn main() {}
