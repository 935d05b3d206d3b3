use instrumetrics::timed;

trait Shop {
    type Answer: Default;

    #[timed(outcome)]
    fn order(&self) -> Self::Answer {
        Default::default()
    }
}

fn main() {}
