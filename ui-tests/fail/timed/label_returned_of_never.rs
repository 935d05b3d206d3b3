use instrumetrics::timed;

#[timed(labels(weight = |ret| *ret))]
fn order() -> ! {
    loop {}
}

fn main() {}
