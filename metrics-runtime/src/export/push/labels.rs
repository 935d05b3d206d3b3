//! The labels of a series as part of a line: the exporter's own among those of the metric, by name.

use crate::error::{ErrorCategory, Fault, MetricsError};
use crate::export::mapping::Mapping;
use crate::family::{Definition, Series};
use crate::registry::Registry;
use instrumetrics_grammar::{self as grammar, Kind};
use std::ops::Range;

/// How labels stand in a line.
#[derive(Clone, Copy)]
pub(crate) struct Syntax {
    /// How names and values are written.
    pub(crate) mapping: &'static Mapping,
    /// Before each label.
    pub(crate) before: char,
    /// Between its name and its value.
    pub(crate) between: char,
}

/// Writes the labels of series, family by family, with buffers that are used again.
pub(crate) struct Labels {
    syntax: Syntax,
    constant: Box<[(String, String)]>,
    /// What stands before the values of the current family, and constant labels in whole.
    text: String,
    slots: Vec<Slot>,
}

/// One label of the current family.
struct Slot {
    text: Range<usize>,
    /// Which of the metric's labels has the value; none for a constant one.
    own: Option<usize>,
}

impl Labels {
    /// `constant` is as [`const_labels`] gives it.
    pub(crate) fn new(syntax: Syntax, constant: Box<[(String, String)]>) -> Self {
        Self {
            syntax,
            constant,
            text: String::new(),
            slots: Vec::new(),
        }
    }

    /// Prepares for the series of a family. `false` where two of its labels would have one name.
    pub(crate) fn begin(&mut self, definition: &Definition) -> bool {
        let Self {
            syntax,
            constant,
            text,
            slots,
        } = self;
        text.clear();
        slots.clear();
        let mut renamed = false;
        let mut begin = |text: &mut String, name: &str| {
            let start = text.len();
            text.push(syntax.before);
            let at = text.len();
            (syntax.mapping.label_name.write)(text, name);
            renamed |= text.get(at..) != Some(name);
            text.push(syntax.between);
            start
        };
        for (own, name) in definition.labels.iter().enumerate() {
            let start = begin(text, name);
            slots.push(Slot {
                text: start..text.len(),
                own: Some(own),
            });
        }
        for (name, value) in constant.iter() {
            // The metric's own label wins.
            if definition.labels.iter().all(|own| **own != **name) {
                let start = begin(text, name);
                (syntax.mapping.label_value.write)(text, value);
                slots.push(Slot {
                    text: start..text.len(),
                    own: None,
                });
            }
        }
        slots.sort_unstable_by(|a, b| text.get(a.text.clone()).cmp(&text.get(b.text.clone())));
        // The name alone, of constant labels too.
        let name = |slot: &Slot| {
            let text = text.get(slot.text.clone()).unwrap_or_default();
            let text = text.get(1..).unwrap_or_default();
            text.split(syntax.between).next()
        };
        !renamed
            || slots
                .windows(2)
                .all(|pair| matches!(pair, [a, b] if name(a) != name(b)))
    }

    /// Appends the labels of a series; absent ones are left out.
    pub(crate) fn write(&self, out: &mut String, series: &Series) {
        for slot in &self.slots {
            let text = self.text.get(slot.text.clone()).unwrap_or_default();
            match slot.own.map(|own| series.values.get(own)) {
                Some("") => {}
                Some(value) => {
                    out.push_str(text);
                    (self.syntax.mapping.label_value.write)(out, value);
                }
                None => out.push_str(text),
            }
        }
    }
}

/// Labels for every series, by name, those without a value left out.
///
/// # Errors
///
/// `invalid_variable` for a name that breaks a rule, `conflict` for one that a declared metric has already or that is
/// given twice.
pub(crate) fn const_labels(
    operation: &'static str,
    labels: &[(String, String)],
) -> Result<Box<[(String, String)]>, MetricsError> {
    let mut labels = labels.to_vec();
    labels.sort();
    for (name, _) in &labels {
        // As on a histogram: the strictest, since it goes on all of them.
        grammar::label_for(name, Kind::Histogram, grammar::MAX_LABEL_NAME_LENGTH).map_err(
            |violation| wrong(operation, name, "invalid_variable", violation.to_string()),
        )?;
        if let Some(metric) = Registry::linked().with_label(name) {
            let reason = format!("the metric '{metric}' has a label of this name already");
            return Err(wrong(operation, name, "conflict", reason));
        }
    }
    let twice = labels
        .windows(2)
        .find(|pair| matches!(pair, [(a, _), (b, _)] if a == b));
    if let Some([(name, _), _]) = twice {
        let reason = "the label is given twice".to_owned();
        return Err(wrong(operation, name, "conflict", reason));
    }
    labels.retain(|(_, value)| !value.is_empty());
    Ok(labels.into_boxed_slice())
}

/// A setting that is wrong, as an error.
pub(crate) fn wrong(
    operation: &'static str,
    name: &str,
    error_type: &'static str,
    reason: impl Into<String>,
) -> MetricsError {
    let fault = Fault::new(ErrorCategory::Config, error_type, reason.into());
    MetricsError::new(operation, name, fault, None)
}
