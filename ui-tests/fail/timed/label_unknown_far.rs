use instrumetrics::timed;

#[timed(labels(customer))]
fn order(language: &str, shop: &str) {
    let _ = (language, shop);
}

fn main() {}
