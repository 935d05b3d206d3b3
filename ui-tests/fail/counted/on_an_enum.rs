use instrumetrics::counted;

#[counted]
enum Shop {
    Online,
}

fn main() {}
