use instrumetrics::LabelValue;

#[derive(LabelValue)]
#[label(rename_all = "snake_case", rename_all = "lowercase")]
enum Shop {
    Online,
}

fn main() {}
