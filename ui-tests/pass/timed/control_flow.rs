#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! `?`, early returns, labelled loops and type aliases of `Result`.

use instrumetrics::{counted, timed};

type Fallible<T> = Result<T, String>;

mod outcome {
    pub type Answer = std::result::Result<(), super::Error>;
}

#[derive(Debug, PartialEq)]
enum Error {
    Empty,
    Number(std::num::ParseIntError),
}

impl From<std::num::ParseIntError> for Error {
    fn from(error: std::num::ParseIntError) -> Self {
        Self::Number(error)
    }
}

#[timed("parse_seconds", outcome)]
fn parse(text: &str) -> outcome::Answer {
    if text.is_empty() {
        return Err(Error::Empty);
    }
    'outer: for part in text.split(',') {
        for byte in part.bytes() {
            if byte == b'x' {
                break 'outer;
            }
        }
        part.parse::<u32>()?;
    }
    Ok(())
}

#[counted("alias_total", outcome)]
fn alias(n: u32) -> Fallible<u32> {
    let n = n.checked_sub(1).ok_or_else(|| "zero".to_owned())?;
    Ok(n)
}

#[timed("option_seconds", outcome)]
fn option(text: &str) -> Option<u32> {
    let first = text.chars().next()?;
    first.to_digit(10)
}

#[timed("coerced_seconds", outcome)]
fn coerced(text: &str) -> Result<Box<dyn std::fmt::Debug>, Box<dyn std::error::Error>> {
    if text.is_empty() {
        Err("empty")?;
    }
    Ok(Box::new(text.to_owned()))
}

#[timed("async_coerced_seconds", outcome)]
async fn async_coerced(text: &str) -> Result<Box<dyn std::fmt::Debug>, Box<dyn std::error::Error>> {
    if text.is_empty() {
        return Err("empty".into());
    }
    let n: u32 = text.parse()?;
    Ok(Box::new(n))
}

#[timed("inferred_seconds", outcome)]
fn inferred() -> Vec<u8> {
    Vec::new()
}

#[timed("async_inferred_seconds", outcome)]
async fn async_inferred() -> Option<Vec<u8>> {
    Default::default()
}

fn main() {
    assert_eq!(parse(""), Err(Error::Empty));
    assert_eq!(parse("1,x,a"), Ok(()));
    assert!(parse("a").is_err());
    assert_eq!(alias(0), Err("zero".to_owned()));
    assert_eq!(option("7"), Some(7));
    assert!(coerced("").is_err());
    assert!(inferred().is_empty());
    drop(async_coerced("1"));
    drop(async_inferred());
    let text = instrumetrics::render();
    assert!(
        text.contains(r#"parse_seconds_count{outcome="error"} 2"#),
        "{text}"
    );
    assert!(text.contains(r#"alias_total{outcome="error"} 1"#), "{text}");
}
