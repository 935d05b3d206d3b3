use instrumetrics::timed;

struct Shop;

#[timed(labels(shop))]
fn order(shop: Shop) {
    let _ = shop;
}

fn main() {}
