use instrumetrics::timed;

#[timed(labels(le))]
fn order(le: &str) {
    let _ = le;
}

fn main() {}
