use instrumetrics::counted;

#[derive(Debug)]
struct Shop;

#[counted(labels(shop), outcome)]
async fn order(shop: Shop) {
    let _ = shop;
}

fn main() {}
