use instrumetrics::job_metric;

#[job_metric(status)]
fn order(status: &str) {
    let _ = status;
}

fn main() {}
