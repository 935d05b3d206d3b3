use instrumetrics::timed;

#[timed("order-seconds", labels(sho), helps = "Orders.")]
fn order(shop: &str) {
    let _ = shop;
}

fn main() {}
