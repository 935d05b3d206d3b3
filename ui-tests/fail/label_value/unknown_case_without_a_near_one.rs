use instrumetrics::LabelValue;

#[derive(LabelValue)]
#[label(rename_all = "title")]
enum Shop {
    Online,
}

fn main() {}
