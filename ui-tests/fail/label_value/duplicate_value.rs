use instrumetrics::LabelValue;

#[derive(LabelValue)]
enum Shop {
    Online,
    #[label("Online")]
    Web,
}

fn main() {}
