use instrumetrics::job_metric;

#[job_metric(modl)]
fn order(model: &str) {
    let _ = model;
}

fn main() {}
