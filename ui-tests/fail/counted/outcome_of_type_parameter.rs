use instrumetrics::counted;

#[counted(outcome)]
async fn order<T: Default>() -> T {
    T::default()
}

fn main() {}
