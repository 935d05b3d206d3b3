use instrumetrics::timed;

struct Shop;

#[timed("shop_seconds")]
impl Shop {
    fn order(&self) {}

    #[timed(skip)]
    fn name(&self) {}
}

fn main() {}
