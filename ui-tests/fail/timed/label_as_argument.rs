use instrumetrics::timed;

#[timed(shop)]
fn order(shop: &str) {
    let _ = shop;
}

fn main() {}
