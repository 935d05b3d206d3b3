use instrumetrics::job_metric;

#[job_metric(stage = submit, audio_seconds = 2.0)]
fn order() {}

fn main() {}
