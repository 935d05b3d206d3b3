use instrumetrics::timed;

#[timed(outcome)]
fn order() -> Result<u32, ()> {
    Ok("one")
}

fn main() {}
