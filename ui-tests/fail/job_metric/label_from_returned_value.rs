use instrumetrics::job_metric;

#[job_metric(labels(size = |ret| *ret))]
fn order() -> u32 {
    1
}

fn main() {}
