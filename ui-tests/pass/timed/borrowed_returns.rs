#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Lifetimes, borrowed returns and reborrows of `&mut` parameters.

use instrumetrics::{counted, timed};
use std::collections::HashMap;

struct Cache<'k> {
    map: HashMap<&'k str, String>,
    hits: u32,
}

impl<'k> Cache<'k> {
    #[timed]
    #[timed("cache_outcome_seconds", outcome)]
    fn plain(&self, key: &str) -> Option<&String> {
        self.map.get(key)
    }

    #[timed("cache_find_seconds", labels(key, found = |ret| ret.is_some()), outcome)]
    fn find<'a>(&'a self, key: &'k str) -> Option<&'a str> {
        self.map.get(key).map(String::as_str)
    }

    #[counted("cache_entries_total", outcome)]
    fn entry(&mut self, key: &'k str) -> &mut String {
        self.hits += 1;
        self.map.entry(key).or_default()
    }

    #[counted("cache_key_total", outcome)]
    fn key(&self, key: &'k str) -> Result<&'k str, &str> {
        match self.map.get_key_value(key) {
            Some((key, _)) => Ok(key),
            None => Err("missing"),
        }
    }
}

#[timed("largest_seconds", outcome)]
fn largest(values: &mut Vec<u32>) -> &mut u32 {
    if values.is_empty() {
        values.push(0);
    }
    let mut at = 0;
    for (i, value) in values.iter().enumerate() {
        if *value > values[at] {
            at = i;
        }
    }
    &mut values[at]
}

#[timed("async_largest_seconds", outcome)]
async fn async_largest<'v>(values: &'v mut Vec<u32>, other: &str) -> Option<&'v mut u32> {
    let _ = other;
    values.iter_mut().max()
}

#[timed("longest_seconds", labels(longest = |ret| *ret))]
fn longest<'a, 'b: 'a>(one: &'a str, other: &'b str) -> &'a str {
    if one.len() > other.len() { one } else { other }
}

fn main() {
    let mut cache = Cache {
        map: HashMap::new(),
        hits: 0,
    };
    cache.entry("a").push('x');
    cache.entry("a").push('y');
    assert_eq!(cache.find("a"), Some("xy"));
    assert_eq!(cache.plain("b"), None);
    assert_eq!(cache.key("b"), Err("missing"));
    assert_eq!(cache.hits, 2);
    let mut values = vec![1, 3, 2];
    *largest(&mut values) = 9;
    assert_eq!(values, [1, 9, 2]);
    drop(async_largest(&mut values, "x"));
    assert_eq!(longest("ab", "a"), "ab");
    let text = instrumetrics::render();
    assert!(
        text.contains(r#"cache_find_seconds_count{found="true",key="a",outcome="success"} 1"#),
        "{text}"
    );
}
