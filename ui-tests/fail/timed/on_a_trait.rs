use instrumetrics::timed;

#[timed]
trait Shop {
    fn order(&self) {}
}

fn main() {}
