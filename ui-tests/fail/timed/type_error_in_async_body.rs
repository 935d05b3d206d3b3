use instrumetrics::timed;

#[timed(outcome)]
async fn order() -> Result<u32, ()> {
    Ok("one")
}

fn main() {}
