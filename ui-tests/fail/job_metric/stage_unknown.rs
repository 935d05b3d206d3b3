use instrumetrics::job_metric;

#[job_metric(stage = sumbit)]
fn order() {}

fn main() {}
