use instrumetrics::metrics;

#[metrics]
mod telemetry;

fn main() {}
