#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Functions and labels that are keywords, and a leading underscore.

use instrumetrics::counted;

#[counted(labels(r#type, r#match = "x"))]
fn r#loop(r#type: &str) {
    let _ = r#type;
}

#[counted]
fn _hidden() {}

#[counted(labels(r#in))]
fn plain(r#in: u8) {
    let _ = r#in;
}

fn main() {
    r#loop("t");
    _hidden();
    plain(1);
    let text = instrumetrics::render();
    assert!(
        text.contains(r#"loop_total{match="x",type="t"} 1"#),
        "{text}"
    );
    assert!(text.contains("hidden_total 1\n"), "{text}");
    assert!(text.contains(r#"plain_total{in="1"} 1"#), "{text}");
}
