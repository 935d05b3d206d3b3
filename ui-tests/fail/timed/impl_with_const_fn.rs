use instrumetrics::timed;

struct Shop;

#[timed]
impl Shop {
    const fn order(&self) {}
}

fn main() {}
