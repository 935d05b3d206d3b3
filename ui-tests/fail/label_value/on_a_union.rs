use instrumetrics::LabelValue;

#[derive(LabelValue)]
union Shop {
    id: u32,
}

fn main() {}
