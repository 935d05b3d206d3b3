use instrumetrics::LabelValue;

#[derive(LabelValue)]
enum Shop {
    Online,
    Town(String),
}

fn main() {}
