use instrumetrics::LabelValue;

#[derive(LabelValue)]
#[label(rename_all = "snake-case")]
enum Shop {
    Online,
}

fn main() {}
