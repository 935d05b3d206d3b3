//! The names of series as they are sent, each written once.

use super::dialect::StatsdDialect;
use crate::family::{Family, Series};
use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// What stands before the value of a series' lines, and at their end.
#[derive(Debug)]
pub(super) struct Name {
    text: Arc<str>,
    /// Where the end of the line begins.
    tags: usize,
    /// Whether another series has this name, so that this one is left out.
    left_out: Cell<bool>,
}

impl Name {
    pub(super) fn head(&self) -> &str {
        self.text.get(..self.tags).unwrap_or_default()
    }

    pub(super) fn tags(&self) -> &str {
        self.text.get(self.tags..).unwrap_or_default()
    }
}

/// Writes names, and knows whose each is.
#[derive(Debug)]
pub(super) struct Names {
    dialect: StatsdDialect,
    /// With its full stop.
    prefix: Box<str>,
    /// By name.
    constant: Box<[(String, String)]>,
    /// The series of each name, as a hash of what it is.
    owners: HashMap<Arc<str>, u64>,
    /// When names are next looked through for those whose series are gone.
    tidy_at: usize,
}

/// As many names are kept before it is worth looking for some that are not used any more.
const FIRST_TIDYING: usize = 1024;

impl Names {
    pub(super) fn new(dialect: StatsdDialect, prefix: &str, constant: &[(String, String)]) -> Self {
        let mut constant = constant.to_vec();
        constant.retain(|(_, value)| !value.is_empty());
        constant.sort();
        Self {
            dialect,
            prefix: prefix.into(),
            constant: constant.into(),
            owners: HashMap::new(),
            tidy_at: FIRST_TIDYING,
        }
    }

    /// The name of a series that has none yet.
    pub(super) fn write(&mut self, family: &Family, series: &Series) -> Name {
        let mut text = String::with_capacity(64);
        let tags = self.compose(&mut text, family, series);
        let mut text: Arc<str> = text.into();
        let free = self.claim(&mut text, identity(family, series));
        Name {
            text,
            tags,
            left_out: Cell::new(!free),
        }
    }

    /// Whether a name is that of another series: what has it then may be gone by now.
    pub(super) fn is_left_out(&mut self, name: &Name, family: &Family, series: &Series) -> bool {
        if name.left_out.get() {
            let mut text = Arc::clone(&name.text);
            // The text of whoever had it stays theirs; it is the same.
            name.left_out
                .set(!self.claim(&mut text, identity(family, series)));
        }
        name.left_out.get()
    }

    /// Makes a name that of a series, unless another one that is there still has it. The text is then shared.
    fn claim(&mut self, text: &mut Arc<str>, identity: u64) -> bool {
        if let Some((known, owner)) = self.owners.get_key_value(text) {
            if *owner == identity {
                *text = Arc::clone(known);
                return true;
            }
            // Who has a name keeps a share of the text: one is the table's, one may be the caller's.
            let shares = 1 + usize::from(Arc::ptr_eq(known, text));
            if Arc::strong_count(known) > shares {
                return false;
            }
            self.owners.remove(&**text);
        }
        if self.owners.len() >= self.tidy_at {
            self.owners.retain(|text, _| Arc::strong_count(text) > 1);
            self.tidy_at = FIRST_TIDYING.max(2 * self.owners.len());
        }
        self.owners.insert(Arc::clone(text), identity);
        true
    }

    /// Appends the name and the labels, and returns where the end of the line begins.
    fn compose(&self, out: &mut String, family: &Family, series: &Series) -> usize {
        let mapping = self.dialect.mapping();
        let around = self.dialect.labels();
        out.push_str(&self.prefix);
        (mapping.name.write)(out, &family.definition.name);
        let name = out.len();
        let own = |label: &str| family.definition.labels.iter().any(|own| own == label);
        let mut constant = self
            .constant
            .iter()
            .map(|(label, value)| (&**label, &**value))
            .filter(|(label, _)| !own(label))
            .peekable();
        let mut separator = around.open;
        let mut write = |(label, value): (&str, &str)| {
            out.push_str(separator);
            separator = around.between;
            (mapping.label_name.write)(out, label);
            out.push(around.assign);
            (mapping.label_value.write)(out, value);
        };
        for label in family.labels(series) {
            while let Some(constant) = constant.next_if(|constant| constant.0 < label.0) {
                write(constant);
            }
            write(label);
        }
        constant.for_each(&mut write);
        if around.in_name { out.len() } else { name }
    }
}

/// Two series of one name and the same labels are the same one, removed and made again.
fn identity(family: &Family, series: &Series) -> u64 {
    let mut hasher = DefaultHasher::new();
    family.definition.name.hash(&mut hasher);
    for label in family.labels(series) {
        label.hash(&mut hasher);
    }
    hasher.finish()
}
