use instrumetrics::job_metric;

#[job_metric(queued_since = since)]
fn order(since: u32) {
    let _ = since;
}

fn main() {}
