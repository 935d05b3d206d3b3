//! The grammar of names against one written here.

#![no_main]

use instrumetrics_grammar as grammar;
use libfuzzer_sys::fuzz_target;

fn plain(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fuzz_target!(|name: &str| {
    let expected = plain(name) && name.len() <= 128 && !name.starts_with("__");
    assert_eq!(grammar::metric_name(name, 128).is_ok(), expected, "{name:?}");
    for kind in [grammar::Kind::Counter, grammar::Kind::Histogram] {
        let accepted = grammar::label_for(name, kind, 64).is_ok();
        let reserved = name.starts_with("__") || (name == "le" && kind == grammar::Kind::Histogram);
        let allowed = plain(name) && name.len() <= 64 && !reserved;
        // `quantile` and the like are refused beyond the grammar.
        assert!(!accepted || allowed, "{name:?}");
    }
    if let Some(suggestion) = grammar::name_suggestion(name, None) {
        assert!(grammar::metric_name(&suggestion, 128).is_ok(), "{name:?} -> {suggestion:?}");
    }
});
