use instrumetrics::timed;

trait Shop {
    #[timed]
    fn order(&self);
}

fn main() {}
