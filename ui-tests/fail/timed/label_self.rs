use instrumetrics::timed;

struct Shop;

impl Shop {
    #[timed(labels(self))]
    fn order(&self) {}
}

fn main() {}
