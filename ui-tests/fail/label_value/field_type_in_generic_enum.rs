use instrumetrics::LabelValue;

#[derive(LabelValue)]
enum Shop<T> {
    Online(T),
    Town,
}

fn main() {}
