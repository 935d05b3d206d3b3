use instrumetrics::LabelValue;

#[derive(LabelValue)]
enum Shop {
    Online,
    Town { name: String },
}

fn main() {}
