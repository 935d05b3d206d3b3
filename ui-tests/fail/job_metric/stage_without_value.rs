use instrumetrics::job_metric;

#[job_metric(stage)]
fn order(stage: &str) {
    let _ = stage;
}

fn main() {}
