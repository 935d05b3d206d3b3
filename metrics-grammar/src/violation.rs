//! A broken rule, where it was broken, and its one wording.

use core::error::Error;
use core::fmt;

/// The rules, one per wording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// A metric name has at least one byte.
    NameEmpty,
    /// A metric name begins with an ASCII letter or `_`.
    NameStart,
    /// A metric name goes on with ASCII letters, digits and `_`.
    NameCharacter,
    /// `:` belongs to recording rules.
    NameColon,
    /// `__*` belongs to Prometheus itself.
    NameReserved,
    /// A metric name has a greatest length.
    NameTooLong,
    /// A declared name is written in `snake_case`.
    NameUpperCase,
    /// A declared name does not repeat its type.
    NameTypeWord,
    /// A declared counter ends in `_total`, with something before it.
    CounterWithoutTotal,
    /// Only counters end in `_total`.
    TotalWithoutCounter,
    /// No declared name ends in what the exposition appends to names.
    NameReservedSuffix,
    /// A declared name is in base units, spelled out.
    NameUnit,
    /// A label name has at least one byte.
    LabelEmpty,
    /// A label name begins with an ASCII letter or `_`.
    LabelStart,
    /// A label name goes on with ASCII letters, digits and `_`.
    LabelCharacter,
    /// `__*` belongs to Prometheus itself.
    LabelReserved,
    /// A label name has a greatest length.
    LabelTooLong,
    /// `le` is the bucket label of histograms.
    LabelLe,
    /// `quantile` is the label of summaries.
    LabelQuantile,
    /// The labels of a metric differ by name.
    LabelDuplicate,
    /// A metric has a greatest number of labels.
    TooManyLabels,
    /// A histogram has at least one bound.
    BucketsEmpty,
    /// A histogram has a greatest number of bounds.
    TooManyBuckets,
    /// A bound is a number, neither NaN nor an infinity.
    BucketNotFinite,
    /// Each bound is greater than the one before.
    BucketsNotIncreasing,
}

/// A rule that is broken, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Violation {
    /// The broken rule.
    pub rule: Rule,
    /// For one name the byte offset of what offends (of the offending word's first byte; the end of the name where
    /// something is missing; the limit where it is too long). For a label set or buckets the index of the element.
    pub offset: usize,
}

impl Violation {
    pub(crate) const fn new(rule: Rule, offset: usize) -> Self {
        Self { rule, offset }
    }

    /// The one wording of the rule: lower case, no full stop, naming what is allowed.
    #[must_use]
    pub const fn message(&self) -> &'static str {
        match self.rule {
            Rule::NameEmpty => {
                "invalid metric name: it is empty, it must match `[a-zA-Z_][a-zA-Z0-9_]*`"
            }
            Rule::NameStart => {
                "invalid metric name: it must begin with an ASCII letter or `_` (`[a-zA-Z_][a-zA-Z0-9_]*`)"
            }
            Rule::NameCharacter => {
                "invalid metric name: only ASCII letters, digits and `_` are allowed (`[a-zA-Z_][a-zA-Z0-9_]*`)"
            }
            Rule::NameColon => {
                "invalid metric name: `:` is kept for recording rules, separate words with `_`"
            }
            Rule::NameReserved => {
                "invalid metric name: names that begin with `__` are reserved by Prometheus, begin with a letter or one `_`"
            }
            Rule::NameTooLong => {
                "metric name too long: at most 128 bytes are allowed unless configured otherwise"
            }
            Rule::NameUpperCase => {
                "invalid metric name: it must be written in snake_case, without upper-case letters"
            }
            Rule::NameTypeWord => {
                "invalid metric name: it must not contain a metric type (`counter`, `gauge`, `histogram`, `summary`) as a word"
            }
            Rule::CounterWithoutTotal => {
                "invalid metric name: a counter must end in `_total`, with at least one word before it"
            }
            Rule::TotalWithoutCounter => {
                "invalid metric name: only a counter may end in `_total`, say what is measured instead"
            }
            Rule::NameReservedSuffix => {
                "invalid metric name: it must not end in `_bucket`, `_sum`, `_count` or `_created`, which the exposition appends"
            }
            Rule::NameUnit => {
                "invalid metric name: it must end in a base unit, spelled out (`seconds`, `bytes`, `ratio`, `meters`, `grams`, `joules`, `volts`, `amperes`, `celsius`), without prefix or abbreviation"
            }
            Rule::LabelEmpty => {
                "invalid label name: it is empty, it must match `[a-zA-Z_][a-zA-Z0-9_]*`"
            }
            Rule::LabelStart => {
                "invalid label name: it must begin with an ASCII letter or `_` (`[a-zA-Z_][a-zA-Z0-9_]*`)"
            }
            Rule::LabelCharacter => {
                "invalid label name: only ASCII letters, digits and `_` are allowed (`[a-zA-Z_][a-zA-Z0-9_]*`)"
            }
            Rule::LabelReserved => {
                "reserved label name: names that begin with `__` are reserved by Prometheus, begin with a letter or one `_`"
            }
            Rule::LabelTooLong => {
                "label name too long: at most 64 bytes are allowed unless configured otherwise"
            }
            Rule::LabelLe => {
                "reserved label name: `le` is the bucket label of a histogram, use another name"
            }
            Rule::LabelQuantile => {
                "reserved label name: `quantile` is the label of a summary, use another name"
            }
            Rule::LabelDuplicate => {
                "duplicate label name: each label of a metric must have a name of its own"
            }
            Rule::TooManyLabels => {
                "too many labels: at most 16 are allowed unless configured otherwise"
            }
            Rule::BucketsEmpty => "invalid buckets: at least one bound is needed",
            Rule::TooManyBuckets => "invalid buckets: at most 512 bounds are allowed",
            Rule::BucketNotFinite => {
                "invalid buckets: every bound must be a finite number (the bucket `+Inf` is added by itself)"
            }
            Rule::BucketsNotIncreasing => {
                "invalid buckets: each bound must be greater than the one before it"
            }
        }
    }

    /// The word under which the runtime counts and reports the violation.
    #[must_use]
    pub const fn error_type(&self) -> &'static str {
        match self.rule {
            Rule::NameEmpty
            | Rule::NameStart
            | Rule::NameCharacter
            | Rule::NameColon
            | Rule::NameReserved
            | Rule::NameUpperCase
            | Rule::NameTypeWord
            | Rule::CounterWithoutTotal
            | Rule::TotalWithoutCounter
            | Rule::NameReservedSuffix
            | Rule::NameUnit => "invalid_name",
            Rule::NameTooLong => "name_too_long",
            Rule::LabelEmpty | Rule::LabelStart | Rule::LabelCharacter => "invalid_label_name",
            Rule::LabelTooLong => "label_name_too_long",
            Rule::LabelReserved | Rule::LabelLe | Rule::LabelQuantile => "reserved_label",
            Rule::LabelDuplicate => "duplicate_label",
            Rule::TooManyLabels => "too_many_labels",
            Rule::BucketsEmpty
            | Rule::TooManyBuckets
            | Rule::BucketNotFinite
            | Rule::BucketsNotIncreasing => "invalid_value",
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl Error for Violation {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::string::ToString;

    use super::{Rule, Violation};
    use crate::{MAX_BUCKETS, MAX_LABEL_NAME_LENGTH, MAX_LABELS, MAX_METRIC_NAME_LENGTH};

    const RULES: [Rule; 25] = [
        Rule::NameEmpty,
        Rule::NameStart,
        Rule::NameCharacter,
        Rule::NameColon,
        Rule::NameReserved,
        Rule::NameTooLong,
        Rule::NameUpperCase,
        Rule::NameTypeWord,
        Rule::CounterWithoutTotal,
        Rule::TotalWithoutCounter,
        Rule::NameReservedSuffix,
        Rule::NameUnit,
        Rule::LabelEmpty,
        Rule::LabelStart,
        Rule::LabelCharacter,
        Rule::LabelReserved,
        Rule::LabelTooLong,
        Rule::LabelLe,
        Rule::LabelQuantile,
        Rule::LabelDuplicate,
        Rule::TooManyLabels,
        Rule::BucketsEmpty,
        Rule::TooManyBuckets,
        Rule::BucketNotFinite,
        Rule::BucketsNotIncreasing,
    ];

    #[test]
    fn messages_differ_and_keep_the_house_form() {
        let mut seen = BTreeSet::new();
        for rule in RULES {
            let violation = Violation::new(rule, 0);
            let message = violation.message();
            assert!(seen.insert(message), "two rules share {message:?}");
            assert!(
                message.starts_with(|first: char| first.is_ascii_lowercase()),
                "{message}"
            );
            assert!(!message.ends_with('.'), "{message}");
            assert_eq!(violation.to_string(), message);
        }
    }

    #[test]
    fn messages_name_the_default_limits() {
        for (rule, limit) in [
            (Rule::NameTooLong, MAX_METRIC_NAME_LENGTH),
            (Rule::LabelTooLong, MAX_LABEL_NAME_LENGTH),
            (Rule::TooManyLabels, MAX_LABELS),
            (Rule::TooManyBuckets, MAX_BUCKETS),
        ] {
            let message = Violation::new(rule, 0).message();
            assert!(
                message.contains(&std::format!("at most {limit} ")),
                "{message}"
            );
        }
    }

    #[test]
    fn error_types_follow_the_subject() {
        for rule in RULES {
            let violation = Violation::new(rule, 0);
            let subject = violation.message().split(':').next();
            let expected = match violation.error_type() {
                "invalid_name" => "invalid metric name",
                "name_too_long" => "metric name too long",
                "invalid_label_name" => "invalid label name",
                "label_name_too_long" => "label name too long",
                "reserved_label" => "reserved label name",
                "duplicate_label" => "duplicate label name",
                "too_many_labels" => "too many labels",
                "invalid_value" => "invalid buckets",
                other => other,
            };
            assert_eq!(subject, Some(expected), "{rule:?}");
        }
    }
}
