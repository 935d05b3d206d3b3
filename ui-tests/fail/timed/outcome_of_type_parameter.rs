use instrumetrics::timed;

#[timed(outcome)]
fn order<T: Default>() -> T {
    T::default()
}

fn main() {}
