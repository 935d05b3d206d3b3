use instrumetrics::timed;

#[timed(labels("shop"))]
fn order(shop: &str) {
    let _ = shop;
}

fn main() {}
