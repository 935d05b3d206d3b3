use instrumetrics::timed;

#[timed(lables(shop))]
fn order(shop: &str) {
    let _ = shop;
}

fn main() {}
