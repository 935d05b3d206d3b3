use instrumetrics::job_metric;

#[job_metric(buckets = [10.0, 1.0])]
fn order() {}

fn main() {}
