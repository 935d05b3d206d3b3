use instrumetrics::testing::{Scope, assert_counter, assert_histogram};

fn main() {
    let scope = Scope::new();
    assert_counter!("orders_total");
    assert_counter!(scope, "orders_total", {"shop": "online"}, 3);
    assert_counter!("orders_total", ["shop"], 3);
    assert_histogram!(scope, "order_seconds", 3);
    assert_histogram!(scope, "order_seconds", mean = 3);
}
