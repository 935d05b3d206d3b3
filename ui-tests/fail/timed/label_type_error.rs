use instrumetrics::timed;

#[timed(labels(length = shop.length()))]
fn order(shop: &str) {
    let _ = shop;
}

fn main() {}
