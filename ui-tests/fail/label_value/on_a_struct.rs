use instrumetrics::LabelValue;

#[derive(LabelValue)]
struct Shop {
    name: String,
}

fn main() {}
