use instrumetrics::job_metric;

#[job_metric(model, model)]
fn order(model: &str) {
    let _ = model;
}

fn main() {}
