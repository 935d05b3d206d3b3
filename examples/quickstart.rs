//! The shortest useful program: one attribute, one declared metric, one page to scrape.
//!
//! `cargo run --example quickstart`

#![expect(clippy::print_stdout, reason = "a program that prints")]

use instrumetrics::{metrics, timed};

/// What this program measures.
#[metrics(namespace = "quickstart")]
mod telemetry {
    use instrumetrics::Counter;

    /// Greetings written.
    pub fn greetings_total(language: &str) -> Counter;
}

#[timed("quickstart_greet_seconds", outcome)]
fn greet(name: &str) -> Result<String, &'static str> {
    if name.is_empty() {
        return Err("nobody to greet");
    }
    telemetry::greetings_total("en").inc();
    Ok(format!("Hello, {name}!"))
}

fn main() {
    for name in ["Ada", "Grace", ""] {
        match greet(name) {
            Ok(greeting) => println!("{greeting}"),
            Err(error) => println!("{error}"),
        }
    }
    print!("\n{}", instrumetrics::render());
}
