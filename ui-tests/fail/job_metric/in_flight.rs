use instrumetrics::job_metric;

#[job_metric(in_flight = true)]
fn order() {}

fn main() {}
