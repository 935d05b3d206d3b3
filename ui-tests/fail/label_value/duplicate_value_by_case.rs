use instrumetrics::LabelValue;

#[derive(LabelValue)]
#[label(rename_all = "lowercase")]
enum Size {
    Xl,
    XL,
}

fn main() {}
