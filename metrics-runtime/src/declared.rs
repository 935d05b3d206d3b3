//! The static front of a family: what the macros put beside the code, registered when first used.

use crate::descriptor::Descriptor;
use crate::family::{Definition, Family, Origin, Shape, Values, intern};
use crate::instrument::Instrument;
use crate::label::{LabelSet, LabelValue};
use crate::outcome::Outcome;
use crate::registry::Registry;
use instrumetrics_grammar::MAX_LABELS;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

/// A declared metric of kind `I`, as a `static`.
///
/// The family is registered by the first call, with the label types of that call.
#[doc(hidden)]
#[derive(Debug)]
pub struct Declared<I> {
    descriptor: &'static Descriptor,
    /// Whether the last label is the outcome of a call.
    outcome: bool,
    reserved: bool,
    family: OnceLock<Arc<Family>>,
    /// The dense block, once it is known to be in the label types of the calls.
    block: OnceLock<Block>,
    instrument: PhantomData<fn() -> I>,
}

/// Where the numbers of a dense family are.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    pub(crate) start: u32,
    /// Cells from one series to the next.
    pub(crate) stride: u32,
    /// Upper bounds of a histogram's buckets.
    pub(crate) bounds: &'static [f64],
}

impl Block {
    /// The first cell of the series at a place of the block.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "an index below 4,096")]
    pub(crate) const fn cell(&self, index: usize) -> u32 {
        self.start + index as u32 * self.stride
    }
}

impl<I: Instrument> Declared<I> {
    /// A front for `descriptor`, whose kind is that of `I`.
    #[must_use]
    pub const fn new(descriptor: &'static Descriptor) -> Self {
        Self {
            descriptor,
            outcome: false,
            reserved: false,
            family: OnceLock::new(),
            block: OnceLock::new(),
            instrument: PhantomData,
        }
    }

    /// A front for a metric whose last label is the outcome of a call.
    #[must_use]
    pub const fn with_outcome(descriptor: &'static Descriptor) -> Self {
        let mut front = Self::new(descriptor);
        front.outcome = true;
        front
    }

    /// A front for one of the library's own error counters.
    pub(crate) const fn reserved(descriptor: &'static Descriptor) -> Self {
        let mut front = Self::new(descriptor);
        front.reserved = true;
        front
    }

    /// What was declared.
    #[must_use]
    pub const fn descriptor(&self) -> &'static Descriptor {
        self.descriptor
    }

    /// Registers the family with the types of the label values known on entry, unless it is already.
    pub fn register<L: LabelSet>(&'static self) {
        self.family(Shape::of::<L>);
    }

    fn family(&'static self, on_entry: fn() -> Shape) -> &'static Family {
        self.family.get_or_init(|| {
            let shape = on_entry().completed(self.descriptor.labels.len(), self.outcome);
            let definition = Definition::from(self.descriptor);
            let origin = if self.reserved {
                Origin::Own
            } else {
                Origin::Declared
            };
            Registry::global().register(definition, shape, origin)
        })
    }

    /// The instrument for these label values.
    #[inline]
    pub fn with<L: LabelSet>(&'static self, labels: L) -> I {
        if L::CARDINALITY.is_none() {
            return self.with_any(labels);
        }
        let index = labels.index();
        if let Some(block) = self.block.get()
            && let Some(instrument) = I::of_block(self.descriptor, block, index)
        {
            return instrument;
        }
        // What goes in and what comes back fits in registers, and the handle is put together here: neither
        // it nor the labels need to be in memory. The descriptor is read afterwards, not kept meanwhile.
        //
        // A series of a block lasts. One of a family that was registered with other label types first does not, but is
        // kept here as if it did: or the compiler would see one handle that may have to be given back, made on two ways.
        let place = self.first(Shape::of::<L>, L::FINGERPRINT, index);
        I::lasting(self.descriptor, place)
    }

    /// The series at a place of a block that is not known yet, or of a family that has none.
    #[cold]
    #[inline(never)]
    fn first(&'static self, on_entry: fn() -> Shape, fingerprint: u64, index: usize) -> I::Place {
        let family = self.family(on_entry);
        if let Some(block) = family.block_in(fingerprint)
            && let Some(series) = family.dense_series(index)
        {
            self.block.get_or_init(|| block);
            return I::dense(series);
        }
        I::dynamic(family, &on_entry().values_of(index))
    }

    /// As [`with`](Self::with), for labels whose types may differ from call to call because they depend
    /// on a type parameter: the block is asked each time whether it is in these types.
    #[inline]
    pub fn with_any<L: LabelSet>(&'static self, labels: L) -> I {
        let place = self.reach(labels);
        I::of(self.descriptor, place)
    }

    #[inline]
    #[expect(clippy::needless_pass_by_value, reason = "a tuple of references")]
    fn reach<L: LabelSet>(&'static self, labels: L) -> I::Place {
        let family = self.family(Shape::of::<L>);
        if L::CARDINALITY.is_some()
            && let Some(series) = family.dense_series_in(L::FINGERPRINT, labels.index())
        {
            return I::dense(series);
        }
        labels.with_texts(|texts| I::dynamic(family, texts))
    }

    /// The instrument for label values kept since the call began, those that its end gave, and its outcome.
    ///
    /// Labels that the end could not give (it was cancelled, or panicked) take the outcome's name.
    pub(crate) fn at(&'static self, kept: &Kept, given: &[&str], outcome: Outcome) -> I {
        let family = self.family(kept.shape);
        if let KeptValues::Dense {
            index, fingerprint, ..
        } = kept.values
        {
            let (index, fingerprint) = if self.outcome {
                (
                    index * Outcome::ALL.len() + outcome.index(),
                    crate::label::combined(fingerprint, Outcome::FINGERPRINT),
                )
            } else {
                (index, fingerprint)
            };
            if let Some(series) = family.dense_series_in(fingerprint, index) {
                return I::of(self.descriptor, I::dense(series));
            }
        }
        // One more than a declaration can have, so that nothing is ever out of range.
        let mut texts = [outcome.as_str(); MAX_LABELS + 1];
        let expected = self.descriptor.labels.len().min(texts.len());
        match &kept.values {
            KeptValues::Texts(values) => {
                fill(&mut texts, values.iter().chain(given.iter().copied()));
            }
            KeptValues::Dense {
                index, texts: of, ..
            } => {
                fill(
                    &mut texts,
                    of(*index).into_iter().chain(given.iter().copied()),
                );
            }
        }
        let place = I::dynamic(family, texts.get(..expected).unwrap_or_default());
        I::of(self.descriptor, place)
    }
}

fn fill<'a>(slots: &mut [&'a str], values: impl Iterator<Item = &'a str>) {
    for (slot, value) in slots.iter_mut().zip(values) {
        *slot = value;
    }
}

/// Label values of a call, evaluated when it began and kept until it ends.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Kept {
    shape: fn() -> Shape,
    values: KeptValues,
}

#[derive(Clone, Debug)]
enum KeptValues {
    /// All of them enums: their place in the block.
    Dense {
        index: usize,
        fingerprint: u64,
        texts: fn(usize) -> Vec<&'static str>,
    },
    Texts(Arc<Values>),
}

impl Kept {
    /// Keeps label values.
    #[expect(clippy::needless_pass_by_value, reason = "a tuple of references")]
    pub fn new<L: LabelSet>(labels: L) -> Self {
        let values = if L::CARDINALITY.is_some() {
            KeptValues::Dense {
                index: labels.index(),
                fingerprint: L::FINGERPRINT,
                texts: |index| Shape::of::<L>().values_of(index),
            }
        } else {
            KeptValues::Texts(labels.with_texts(intern))
        };
        Self {
            shape: Shape::of::<L>,
            values,
        }
    }
}
