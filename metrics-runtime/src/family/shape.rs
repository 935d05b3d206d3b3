//! What the types of label values tell about them.

use crate::label::{LabelSet, LabelValue};
use crate::outcome::Outcome;
use instrumetrics_grammar::MAX_DENSE_SERIES;

/// The values of each label, as far as its type tells them.
#[derive(Debug)]
pub(crate) struct Shape {
    /// The known values of each label; empty where they are not known.
    pub(super) known: Vec<Box<[&'static str]>>,
    /// Whether all are known, and their combinations few enough for a block.
    pub(super) dense: bool,
    /// Tells label types apart.
    pub(super) fingerprint: u64,
}

impl Shape {
    /// The shape of label values of these types.
    pub(crate) fn of<L: LabelSet>() -> Self {
        let known = L::CARDINALITIES
            .iter()
            .enumerate()
            .map(|(label, n)| (0..n.unwrap_or(0)).map(|i| L::value_at(label, i)).collect())
            .collect();
        Self {
            known,
            dense: L::CARDINALITY.is_some_and(|n| n <= MAX_DENSE_SERIES),
            fingerprint: L::FINGERPRINT,
        }
    }

    /// The shape of this many labels of which nothing is known.
    pub(crate) fn unknown(labels: usize) -> Self {
        Self {
            known: (0..labels).map(|_| Box::default()).collect(),
            dense: false,
            fingerprint: 0,
        }
    }

    /// With the labels that only the end of a call gives: `labels` in all, the last being the outcome if
    /// `outcome`.
    pub(crate) fn completed(mut self, labels: usize, outcome: bool) -> Self {
        let given = labels.saturating_sub(self.known.len() + usize::from(outcome));
        if given > 0 {
            self.dense = false;
            self.known.extend((0..given).map(|_| Box::default()));
        }
        if outcome {
            let outcomes = Outcome::ALL.map(Outcome::as_str);
            self.known.push(Box::new(outcomes));
            self.fingerprint = crate::label::combined(self.fingerprint, Outcome::FINGERPRINT);
            self.dense &= self.count() <= MAX_DENSE_SERIES;
        }
        self
    }

    /// How many combinations of known values there are.
    pub(super) fn count(&self) -> usize {
        self.known.iter().map(|values| values.len()).product()
    }

    /// The values at a place of the block: the last label varies fastest.
    pub(crate) fn values_of(&self, mut index: usize) -> Vec<&'static str> {
        let mut texts: Vec<&'static str> = self
            .known
            .iter()
            .rev()
            .map(|values| {
                let n = values.len().max(1);
                let text = values.get(index % n).copied().unwrap_or_default();
                index /= n;
                text
            })
            .collect();
        texts.reverse();
        texts
    }

    /// The place in the block of values given as text.
    pub(super) fn index_of(&self, texts: &[&str]) -> Option<usize> {
        self.known
            .iter()
            .zip(texts)
            .try_fold(0, |index, (values, text)| {
                let place = values.iter().position(|value| value == text)?;
                Some(index * values.len() + place)
            })
    }
}
