use instrumetrics::job_metric;

#[job_metric(le)]
fn order(le: &str) {
    let _ = le;
}

fn main() {}
