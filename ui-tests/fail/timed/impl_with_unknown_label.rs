use instrumetrics::timed;

struct Shop;

#[timed(labels(itme))]
impl Shop {
    fn order(&self, item: &str) {
        let _ = item;
    }

    fn give_back(&self, item: &str) {
        let _ = item;
    }
}

fn main() {}
