use instrumetrics::job_metric;

#[job_metric(audio = 2.0)]
fn order() {}

fn main() {}
