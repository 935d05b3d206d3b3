use instrumetrics::counted;

#[counted(labels(shp))]
fn order(shop: &str) {
    let _ = shop;
}

fn main() {}
