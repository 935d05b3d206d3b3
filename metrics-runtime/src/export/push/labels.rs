//! The labels of a series as part of a line: the exporter's own among those of the metric, by name.

use crate::export::mapping::Mapping;
use crate::family::{Definition, Series};
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
    /// `constant` is as [`labels::constant`](crate::export::labels::constant) gives it.
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
