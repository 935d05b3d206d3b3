//! Label names, alone and as the set of one metric.

use crate::identifier::{Fault, identifier};
use crate::names::Kind;
use crate::violation::{Rule, Violation};
use crate::words;

/// The default greatest length of a label name, in bytes.
pub const MAX_LABEL_NAME_LENGTH: usize = 64;

/// The default greatest length of a label value, in bytes; a longer one is cut at a character boundary.
pub const MAX_LABEL_VALUE_LENGTH: usize = 256;

/// The default greatest number of labels of one metric.
pub const MAX_LABELS: usize = 16;

/// The greatest number of series of a family all of whose labels are enums; more do not compile.
pub const MAX_DENSE_SERIES: usize = 4096;

/// Whether this can be the name of a label at all.
///
/// It matches `[a-zA-Z_][a-zA-Z0-9_]*`, does not begin with `__`, and has at most `max_length` bytes. (Prometheus data
/// model, label names.)
///
/// # Errors
///
/// The first rule broken, reading from the left; the length comes last.
pub const fn label_name(name: &str, max_length: usize) -> Result<(), Violation> {
    let (fault, offset) = match identifier(name.as_bytes(), max_length) {
        Ok(()) => return Ok(()),
        Err(fault) => fault,
    };
    let rule = match fault {
        Fault::Empty => Rule::LabelEmpty,
        Fault::Start => Rule::LabelStart,
        Fault::Character => Rule::LabelCharacter,
        Fault::Reserved => Rule::LabelReserved,
        Fault::TooLong => Rule::LabelTooLong,
    };
    Err(Violation::new(rule, offset))
}

/// Whether a metric of this kind may have a label of this name.
///
/// Beyond [`label_name`]: `le` is refused on histograms and `quantile` everywhere. (Prometheus text format, histograms
/// and summaries; promtool lint, reserved labels.)
///
/// # Errors
///
/// The first rule broken, in that order.
pub const fn label_for(name: &str, kind: Kind, max_length: usize) -> Result<(), Violation> {
    if let Err(violation) = label_name(name, max_length) {
        return Err(violation);
    }
    match (name.as_bytes(), kind) {
        (b"le", Kind::Histogram) => Err(Violation::new(Rule::LabelLe, 0)),
        (b"quantile", _) => Err(Violation::new(Rule::LabelQuantile, 0)),
        _ => Ok(()),
    }
}

/// Whether a metric of this kind may have these labels together.
///
/// Each passes [`label_for`], no two are the same, and there are at most `max_labels`.
///
/// # Errors
///
/// The first label that breaks a rule, `offset` being its index; of two that are the same it is the second, of too many
/// the first beyond the limit.
pub const fn label_set(
    labels: &[&str],
    kind: Kind,
    max_labels: usize,
    max_length: usize,
) -> Result<(), Violation> {
    let mut index = 0;
    while index < labels.len() {
        if index == max_labels {
            return Err(Violation::new(Rule::TooManyLabels, index));
        }
        if let Err(violation) = label_for(labels[index], kind, max_length) {
            return Err(Violation::new(violation.rule, index));
        }
        if words::contains(labels.split_at(index).0, labels[index].as_bytes()) {
            return Err(Violation::new(Rule::LabelDuplicate, index));
        }
        index += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::string::{String, ToString};
    use std::vec::Vec;

    use super::{MAX_LABEL_NAME_LENGTH as MAX, MAX_LABELS, label_for, label_name, label_set};
    use crate::names::Kind;
    use crate::violation::{Rule, Violation};

    const KINDS: [Kind; 3] = [Kind::Counter, Kind::Gauge, Kind::Histogram];

    const _: () = assert!(label_set(&["method", "status"], Kind::Histogram, 2, MAX).is_ok());
    const _: () = assert!(label_set(&["method", "method"], Kind::Gauge, 2, MAX).is_err());

    fn broken(rule: Rule, offset: usize) -> Result<(), Violation> {
        Err(Violation { rule, offset })
    }

    #[test]
    fn each_fault_of_the_grammar_has_its_rule_and_offset() {
        assert_eq!(label_name("", MAX), broken(Rule::LabelEmpty, 0));
        assert_eq!(label_name("2xx", MAX), broken(Rule::LabelStart, 0));
        assert_eq!(label_name(":a", MAX), broken(Rule::LabelStart, 0));
        assert_eq!(label_name("a-b", MAX), broken(Rule::LabelCharacter, 1));
        assert_eq!(label_name("a:b", MAX), broken(Rule::LabelCharacter, 1));
        assert_eq!(label_name("__name__", MAX), broken(Rule::LabelReserved, 0));
        assert_eq!(label_name("abc", 2), broken(Rule::LabelTooLong, 2));
        assert_eq!(label_name("a-c", 2), broken(Rule::LabelCharacter, 1));
        assert_eq!(label_name("ab-", 2), broken(Rule::LabelTooLong, 2));
        assert_eq!(label_name(&"a".repeat(MAX), MAX), Ok(()));
    }

    #[test]
    fn reserved_labels_depend_on_the_kind() {
        for kind in KINDS {
            let le = match kind {
                Kind::Histogram => broken(Rule::LabelLe, 0),
                Kind::Counter | Kind::Gauge => Ok(()),
            };
            assert_eq!(label_for("le", kind, MAX), le);
            assert_eq!(
                label_for("quantile", kind, MAX),
                broken(Rule::LabelQuantile, 0)
            );
            assert_eq!(label_for("length", kind, MAX), Ok(()));
            assert_eq!(label_for("a b", kind, MAX), broken(Rule::LabelCharacter, 1));
        }
    }

    #[test]
    fn a_set_names_the_index_of_the_offender() {
        let set = |labels: &[&str]| label_set(labels, Kind::Histogram, MAX_LABELS, MAX);
        assert_eq!(set(&[]), Ok(()));
        assert_eq!(set(&["a", "b", "ab"]), Ok(()));
        assert_eq!(set(&["a", "b-c"]), broken(Rule::LabelCharacter, 1));
        assert_eq!(set(&["a", "b", "le"]), broken(Rule::LabelLe, 2));
        assert_eq!(set(&["a", "b", "c", "b"]), broken(Rule::LabelDuplicate, 3));
        assert_eq!(
            label_set(&["a", "b"], Kind::Gauge, 1, MAX),
            broken(Rule::TooManyLabels, 1)
        );
        assert_eq!(
            label_set(&["a", "bb"], Kind::Gauge, 2, 1),
            broken(Rule::LabelTooLong, 1)
        );
    }

    #[test]
    fn the_number_of_labels_is_inclusive() {
        let names: Vec<String> = (0..=MAX_LABELS)
            .map(|n| "l".to_string() + &n.to_string())
            .collect();
        let labels: Vec<&str> = names.iter().map(String::as_str).collect();
        let set = |labels: &[&str]| label_set(labels, Kind::Gauge, MAX_LABELS, MAX);
        assert_eq!(set(&labels[..MAX_LABELS]), Ok(()));
        assert_eq!(set(&labels), broken(Rule::TooManyLabels, MAX_LABELS));
    }
}
