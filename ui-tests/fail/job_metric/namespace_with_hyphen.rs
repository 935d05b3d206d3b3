use instrumetrics::job_metric;

#[job_metric(namespace = "web-shop")]
fn order() {}

fn main() {}
