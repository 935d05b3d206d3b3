use instrumetrics::timed;

#[timed(outcome = |ret| ret.is_some())]
fn order() -> Option<u32> {
    None
}

fn main() {}
