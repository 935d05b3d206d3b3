//! The names that a metric takes in an exposition.

use crate::names::Kind;

/// The names under which a metric's metadata and samples appear: a base, alone and before each suffix.
///
/// Two metrics that share one of these would write the same line. A counter is named without `_total` in
/// `OpenMetrics`, so `x` and `x_total` clash; `_created` is claimed too, since `OpenMetrics` 1.0 gives it a meaning
/// beside a counter or histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exposed<'a> {
    /// The name without a counter's `_total`.
    pub base: &'a str,
    /// What is appended to it.
    pub suffixes: &'static [&'static str],
}

/// The names that a metric of this name and kind takes.
#[must_use]
pub fn exposed(name: &str, kind: Kind) -> Exposed<'_> {
    let (base, suffixes): (&str, &[&str]) = match kind {
        Kind::Counter => (
            name.strip_suffix("_total").unwrap_or(name),
            &["_total", "_created"],
        ),
        Kind::Gauge => (name, &[]),
        Kind::Histogram => (name, &["_bucket", "_sum", "_count", "_created"]),
    };
    Exposed { base, suffixes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_claimed_with_and_without_its_suffix() {
        let claimed = exposed("jobs_total", Kind::Counter);
        assert_eq!((claimed.base, claimed.suffixes[0]), ("jobs", "_total"));
        assert_eq!(exposed("jobs", Kind::Counter), claimed);
        assert_eq!(exposed("jobs", Kind::Gauge).suffixes, [""; 0]);
        assert_eq!(exposed("x_seconds", Kind::Histogram).suffixes.len(), 4);
    }
}
