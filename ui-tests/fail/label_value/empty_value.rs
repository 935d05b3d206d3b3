use instrumetrics::LabelValue;

#[derive(LabelValue)]
enum Shop {
    #[label("")]
    Online,
}

fn main() {}
