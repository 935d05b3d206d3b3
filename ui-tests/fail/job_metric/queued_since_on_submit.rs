use instrumetrics::job_metric;

#[job_metric(stage = submit, queued_since = since)]
fn order(since: std::time::Instant) {
    let _ = since;
}

fn main() {}
