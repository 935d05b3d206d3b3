use instrumetrics::job_metric;

#[job_metric(outcome)]
fn order() -> Result<(), ()> {
    Ok(())
}

fn main() {}
