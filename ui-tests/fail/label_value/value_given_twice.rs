use instrumetrics::LabelValue;

#[derive(LabelValue)]
enum Shop {
    #[label("web")]
    #[label("online")]
    Online,
}

fn main() {}
