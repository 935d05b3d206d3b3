use instrumetrics::LabelValue;

#[derive(LabelValue)]
#[label("shop")]
enum Shop {
    Online,
}

fn main() {}
