use instrumetrics::LabelValue;

#[derive(LabelValue)]
enum Shop {
    #[label(rename = "web")]
    Online,
}

fn main() {}
