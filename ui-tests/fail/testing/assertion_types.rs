use instrumetrics::testing::{Scope, assert_counter};

struct Shop;

fn main() {
    let scope = Scope::new();
    assert_counter!(scope, "orders_total", "three");
    let labels = [("shop", "online")];
    assert_counter!("orders_total", labels, 3);
    assert_counter!("orders_total", {"shop" => Shop}, 3);
}
