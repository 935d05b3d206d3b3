use instrumetrics::job_metric;

#[job_metric(stage = "run")]
fn order() {}

fn main() {}
