use instrumetrics::LabelValue;

#[derive(LabelValue)]
#[label(rename = "snake_case")]
enum Shop {
    Online,
}

fn main() {}
