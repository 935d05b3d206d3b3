use instrumetrics::timed;

#[timed(outcome)]
fn order() -> Result<(), ()> {
    let x = ;
    Ok(())
}

fn main() {}
