use instrumetrics::job_metric;

#[job_metric("orders")]
fn order() {}

fn main() {}
