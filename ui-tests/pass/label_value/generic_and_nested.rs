#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Enums with parameters, other derives and discriminants.

use instrumetrics::{LabelValue, counted};

/// Documented.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, LabelValue)]
#[non_exhaustive]
pub enum Level {
    /// The lowest.
    #[default]
    #[label("lo")]
    Low = -1,
    /// Between.
    #[cfg_attr(all(), label("mid"))]
    Mid,
    /// The highest.
    #[deprecated]
    High = 10,
}

#[counted(labels(level, other))]
fn seen(level: Level, other: Option<&Level>) {
    let _ = (level, other);
}

fn main() {
    seen(Level::Mid, Some(&Level::Low));
    let text = instrumetrics::render();
    assert!(
        text.contains(r#"seen_total{level="mid",other="lo"} 1"#),
        "{text}"
    );
    assert!(text.contains(r#"seen_total{level="High"} 0"#), "{text}");
}
