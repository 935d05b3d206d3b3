use instrumetrics::timed;

trait Shop {
    fn order(&self);
}

#[timed]
impl Shop for (u32, u32) {
    fn order(&self) {}
}

fn main() {}
