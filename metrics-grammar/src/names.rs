//! Metric names: what Prometheus can read, and what a declaration may choose.

use crate::identifier::{Fault, identifier};
use crate::units;
use crate::violation::{Rule, Violation};
use crate::words;

/// The default greatest length of a metric name, in bytes.
pub const MAX_METRIC_NAME_LENGTH: usize = 128;

/// The words for metric types, refused in declared names (promtool lint, metric type in name).
pub(crate) const TYPE_WORDS: &[&str] = &["counter", "gauge", "histogram", "summary"];

/// The last words that the exposition appends to names (`OpenMetrics` 1.0, suffixes).
pub(crate) const RESERVED_SUFFIXES: &[&str] = &["bucket", "sum", "count", "created"];

/// The kinds of instrument that rules differ by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A sum that only rises.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// Observations counted in buckets.
    Histogram,
}

impl Kind {
    /// The kind as the exposition formats write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// Whether any metric may have this name, declared or known only at run time.
///
/// It matches `[a-zA-Z_][a-zA-Z0-9_]*`, does not begin with `__`, and has at most `max_length` bytes. Colons, which
/// the grammar of exposed names has, are refused. (Prometheus data model, metric names; naming practices.)
///
/// # Errors
///
/// The first rule broken, reading from the left; the length comes last.
pub const fn metric_name(name: &str, max_length: usize) -> Result<(), Violation> {
    let bytes = name.as_bytes();
    let (fault, offset) = match identifier(bytes, max_length) {
        Ok(()) => return Ok(()),
        Err(fault) => fault,
    };
    let rule = match fault {
        Fault::Empty => Rule::NameEmpty,
        Fault::Start | Fault::Character if bytes[offset] == b':' => Rule::NameColon,
        Fault::Start => Rule::NameStart,
        Fault::Character => Rule::NameCharacter,
        Fault::Reserved => Rule::NameReserved,
        Fault::TooLong => Rule::NameTooLong,
    };
    Err(Violation::new(rule, offset))
}

/// Whether a declaration or an attribute may choose this name for a metric of this kind.
///
/// Beyond [`metric_name`]: no upper case, no metric type as a word, `_total` on counters and on nothing else, no
/// suffix that the exposition appends, base units spelled out. Words count as whole words, the first one too, because
/// a namespace may yet come before it. (promtool lint; Prometheus naming practices, base units.)
///
/// # Errors
///
/// The first rule broken, in the order above.
pub const fn declared_name(name: &str, kind: Kind, max_length: usize) -> Result<(), Violation> {
    if let Err(violation) = metric_name(name, max_length) {
        return Err(violation);
    }
    let bytes = name.as_bytes();
    if let Err(violation) = lower_case(bytes) {
        return Err(violation);
    }
    if let Some(offset) = type_word(bytes) {
        return Err(Violation::new(Rule::NameTypeWord, offset));
    }
    let (before, last) = words::split_last(bytes);
    let total = words::equal(last, b"total");
    match kind {
        Kind::Counter if !total || before.is_empty() => {
            return Err(Violation::new(Rule::CounterWithoutTotal, bytes.len()));
        }
        Kind::Gauge | Kind::Histogram if total => {
            let offset = bytes.len() - last.len();
            return Err(Violation::new(Rule::TotalWithoutCounter, offset));
        }
        _ => {}
    }
    if words::contains(RESERVED_SUFFIXES, last) {
        let offset = bytes.len() - last.len();
        return Err(Violation::new(Rule::NameReservedSuffix, offset));
    }
    let measured = words::without_total(bytes);
    let (_, unit) = words::split_last(measured);
    if units::is_refused(unit) {
        let offset = measured.len() - unit.len();
        return Err(Violation::new(Rule::NameUnit, offset));
    }
    Ok(())
}

/// Whether this may stand, with a `_`, before the names of a module or of an exporter.
///
/// The grammar of [`metric_name`] at the default length, without upper case, and not a lone `_`, which would make
/// every name begin with `__`.
///
/// # Errors
///
/// The first rule broken, in that order.
pub const fn namespace(name: &str) -> Result<(), Violation> {
    if let Err(violation) = metric_name(name, MAX_METRIC_NAME_LENGTH) {
        return Err(violation);
    }
    if let [b'_'] = name.as_bytes() {
        return Err(Violation::new(Rule::NameReserved, 0));
    }
    lower_case(name.as_bytes())
}

const fn lower_case(name: &[u8]) -> Result<(), Violation> {
    let mut index = 0;
    while index < name.len() {
        if name[index].is_ascii_uppercase() {
            return Err(Violation::new(Rule::NameUpperCase, index));
        }
        index += 1;
    }
    Ok(())
}

/// The offset of the last word that names a type.
const fn type_word(name: &[u8]) -> Option<usize> {
    let mut rest = name;
    while !rest.is_empty() {
        let (before, word) = words::split_last(rest);
        if words::contains(TYPE_WORDS, word) {
            return Some(rest.len() - word.len());
        }
        rest = before;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::{Kind, MAX_METRIC_NAME_LENGTH as MAX, declared_name, metric_name, namespace};
    use crate::violation::{Rule, Violation};

    fn broken(rule: Rule, offset: usize) -> Result<(), Violation> {
        Err(Violation { rule, offset })
    }

    // The same function serves constant assertions.
    const _: () = assert!(metric_name("requests_total", MAX).is_ok());
    const _: () = assert!(metric_name("2xx", MAX).is_err());
    const _: () = assert!(declared_name("requests_total", Kind::Counter, MAX).is_ok());
    const _: () = assert!(namespace("whisper").is_ok());

    #[test]
    fn each_fault_of_the_grammar_has_its_rule_and_offset() {
        assert_eq!(metric_name("", MAX), broken(Rule::NameEmpty, 0));
        assert_eq!(metric_name("2xx", MAX), broken(Rule::NameStart, 0));
        assert_eq!(metric_name("-a", MAX), broken(Rule::NameStart, 0));
        assert_eq!(metric_name("ab-c", MAX), broken(Rule::NameCharacter, 2));
        assert_eq!(metric_name("aé", MAX), broken(Rule::NameCharacter, 1));
        assert_eq!(metric_name("job:rate", MAX), broken(Rule::NameColon, 3));
        assert_eq!(metric_name(":a", MAX), broken(Rule::NameColon, 0));
        assert_eq!(metric_name("__name", MAX), broken(Rule::NameReserved, 0));
        assert_eq!(metric_name("__", MAX), broken(Rule::NameReserved, 0));
        assert_eq!(metric_name("_", MAX), Ok(()));
        assert_eq!(metric_name("a__b", MAX), Ok(()));
    }

    #[test]
    fn the_length_limit_is_inclusive() {
        let name = "a".repeat(MAX);
        assert_eq!(metric_name(&name, MAX), Ok(()));
        assert_eq!(
            metric_name(&(name + "a"), MAX),
            broken(Rule::NameTooLong, MAX)
        );
        assert_eq!(metric_name("abc", 2), broken(Rule::NameTooLong, 2));
        assert_eq!(metric_name("a", 0), broken(Rule::NameTooLong, 0));
        // A fault before the limit comes first, one after it is not looked for.
        assert_eq!(metric_name("a-c", 2), broken(Rule::NameCharacter, 1));
        assert_eq!(metric_name("ab-", 2), broken(Rule::NameTooLong, 2));
    }

    #[test]
    fn good_declared_names_pass() {
        use Kind::{Counter, Gauge, Histogram};
        for (name, kind) in [
            ("jobs_submitted_total", Counter),
            ("audio_seconds_total", Counter),
            ("whisper_errors_total", Counter),
            ("sessions_created_total", Counter),
            ("row_count_total", Counter),
            ("_2xx_total", Counter),
            ("jobs_processing", Gauge),
            ("queue_size", Gauge),
            ("metrics_build_info", Gauge),
            ("metrics_series_limit", Gauge),
            ("oven_celsius", Gauge),
            ("requests_per_second", Gauge),
            ("days_overdue_ratio", Gauge),
            ("ms_teams_users", Gauge),
            ("discount", Gauge),
            ("encounter_summaries", Gauge),
            ("job_duration_seconds", Histogram),
            ("job_realtime_factor", Histogram),
            ("upload_bytes", Histogram),
            ("detection_confidence", Histogram),
        ] {
            assert_eq!(declared_name(name, kind, MAX), Ok(()), "{name}");
        }
    }

    #[test]
    fn each_lint_has_its_rule_and_offset() {
        use Kind::{Counter, Gauge, Histogram};
        for (name, kind, rule, offset) in [
            ("", Gauge, Rule::NameEmpty, 0),
            ("httpRequests_total", Counter, Rule::NameUpperCase, 4),
            ("requests_counter", Counter, Rule::NameTypeWord, 9),
            ("gauge_depth", Gauge, Rule::NameTypeWord, 0),
            ("size_histogram_bytes", Histogram, Rule::NameTypeWord, 5),
            ("x_summary", Gauge, Rule::NameTypeWord, 2),
            ("requests", Counter, Rule::CounterWithoutTotal, 8),
            ("total", Counter, Rule::CounterWithoutTotal, 5),
            ("_total", Counter, Rule::CounterWithoutTotal, 6),
            ("subtotal", Counter, Rule::CounterWithoutTotal, 8),
            ("requests_total_", Counter, Rule::CounterWithoutTotal, 15),
            ("requests_total", Gauge, Rule::TotalWithoutCounter, 9),
            ("requests_total", Histogram, Rule::TotalWithoutCounter, 9),
            ("total", Gauge, Rule::TotalWithoutCounter, 0),
            ("x_bucket", Gauge, Rule::NameReservedSuffix, 2),
            ("x_sum", Gauge, Rule::NameReservedSuffix, 2),
            ("x_count", Histogram, Rule::NameReservedSuffix, 2),
            ("x_created", Gauge, Rule::NameReservedSuffix, 2),
            ("count", Gauge, Rule::NameReservedSuffix, 0),
            ("latency_ms", Histogram, Rule::NameUnit, 8),
            ("latency_milliseconds", Histogram, Rule::NameUnit, 8),
            ("sent_kilobytes_total", Counter, Rule::NameUnit, 5),
            ("cpu_percent", Gauge, Rule::NameUnit, 4),
            ("distance_m", Gauge, Rule::NameUnit, 9),
        ] {
            assert_eq!(
                declared_name(name, kind, MAX),
                broken(rule, offset),
                "{name}"
            );
        }
    }

    #[test]
    fn a_declared_name_keeps_the_length_limit() {
        assert_eq!(
            declared_name("abcd", Kind::Gauge, 3),
            broken(Rule::NameTooLong, 3)
        );
    }

    #[test]
    fn a_namespace_makes_good_names() {
        for good in ["whisper", "_a", "my_service", "a2"] {
            assert_eq!(namespace(good), Ok(()), "{good}");
            assert_eq!(metric_name(&(good.to_string() + "_x"), MAX), Ok(()));
        }
        assert_eq!(namespace(""), broken(Rule::NameEmpty, 0));
        assert_eq!(namespace("_"), broken(Rule::NameReserved, 0));
        assert_eq!(namespace("__a"), broken(Rule::NameReserved, 0));
        assert_eq!(namespace("2a"), broken(Rule::NameStart, 0));
        assert_eq!(namespace("a-b"), broken(Rule::NameCharacter, 1));
        assert_eq!(namespace("aB"), broken(Rule::NameUpperCase, 1));
        assert_eq!(
            namespace(&"a".repeat(MAX + 1)),
            broken(Rule::NameTooLong, MAX)
        );
    }

    #[test]
    fn kinds_are_written_as_in_the_exposition() {
        assert_eq!(Kind::Counter.as_str(), "counter");
        assert_eq!(Kind::Gauge.as_str(), "gauge");
        assert_eq!(Kind::Histogram.as_str(), "histogram");
    }
}
