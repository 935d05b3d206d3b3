use instrumetrics::job_metric;

#[job_metric]
const fn order() {}

fn main() {}
