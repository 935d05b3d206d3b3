use instrumetrics::LabelValue;

#[derive(LabelValue)]
enum Shop {}

fn main() {}
