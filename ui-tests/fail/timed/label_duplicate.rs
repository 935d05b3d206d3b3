use instrumetrics::timed;

#[timed(labels(shop, shop = "web"))]
fn order(shop: &str) {
    let _ = shop;
}

fn main() {}
