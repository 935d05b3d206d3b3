use instrumetrics::timed;

#[timed(labels(langage))]
fn order(language: &str, shop: &str) {
    let _ = (language, shop);
}

fn main() {}
