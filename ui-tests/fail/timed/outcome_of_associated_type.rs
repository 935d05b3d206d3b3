use instrumetrics::timed;

#[timed(outcome)]
fn order<I: Iterator>(mut items: I) -> Option<I::Item> {
    items.next()
}

#[timed(outcome)]
fn first<I: Iterator>(mut items: I) -> I::Item {
    items.next().unwrap()
}

fn main() {}
