//! What expansions of the macros name. Nothing here is for people, and none of it is stable.

pub use crate::declared::{Declared, Kept};
pub use crate::descriptor::{Descriptor, Kind, Site};
#[cfg(feature = "json")]
pub use crate::export::json::JsonText;
pub use crate::guard::{
    CountedAtEnd, CountedOnEntry, Guard, InFlight, Timed, TimedAtEnd, call, with_returned,
};
use crate::instrument::Instrument;
pub use crate::instrument::{JobDescriptors, JobRun, JobSet, Jobs, Submit};
pub use crate::label::{LabelSet, LabelText, LabelValue, fingerprint};
pub use crate::number::Number;
pub use crate::outcome::{AnyOutcome, Outcome, Probe};
pub use crate::recording::recording;
pub use crate::registry::Declaration;
pub use crate::{Counter, Gauge, Histogram};
pub use inventory;

/// The grammar, for const expressions in expansions.
pub use instrumetrics_grammar as grammar;

/// Asserts at compile time that buckets follow the rules.
///
/// # Panics
///
/// When they do not: in constants, where expansions use it, that is the compile error.
#[track_caller]
#[expect(clippy::panic, reason = "a compile error in constants")]
pub const fn check_buckets(bounds: &[f64]) {
    if let Err(violation) = grammar::buckets(bounds) {
        panic!("{}", violation.message());
    }
}

/// Asserts at compile time that a family whose labels are all enums is not too large for a block.
///
/// # Panics
///
/// When it is: in constants, where expansions use it, that is the compile error.
#[track_caller]
#[expect(clippy::panic, reason = "a compile error in constants")]
pub const fn check_dense(labels: &[&str], cardinalities: &[Option<usize>], outcomes: usize) {
    let mut product = outcomes;
    let mut i = 0;
    while i < cardinalities.len() {
        match cardinalities[i] {
            Some(n) => product = product.saturating_mul(n),
            None => return,
        }
        i += 1;
    }
    if product > grammar::MAX_DENSE_SERIES {
        let product = Product::of(labels, cardinalities, outcomes, product);
        panic!("{}", product.as_str());
    }
}

/// A product spelled out: `5 model x 99 language x 4 outcomes = 1,980 series; ..`.
struct Product {
    bytes: [u8; 512],
    length: usize,
}

impl Product {
    const fn of(
        labels: &[&str],
        cardinalities: &[Option<usize>],
        outcomes: usize,
        product: usize,
    ) -> Self {
        let mut text = Self {
            bytes: [0; 512],
            length: 0,
        };
        text.push("too many series: ");
        let mut i = 0;
        while i < cardinalities.len() && i < labels.len() {
            if i > 0 {
                text.push(" x ");
            }
            text.push_number(match cardinalities[i] {
                Some(n) => n,
                None => 0,
            });
            text.push(" `");
            text.push(labels[i]);
            text.push("`");
            i += 1;
        }
        if outcomes > 1 {
            text.push(" x ");
            text.push_number(outcomes);
            text.push(" outcomes");
        }
        text.push(" = ");
        text.push_number(product);
        text.push(" where ");
        text.push_number(grammar::MAX_DENSE_SERIES);
        text.push(
            " are allowed, because enum labels are all there from the start; drop a label, or make one a string",
        );
        text
    }

    /// What does not fit is left out: an error message may be cut.
    const fn push(&mut self, text: &str) {
        let text = text.as_bytes();
        let mut i = 0;
        while i < text.len() && self.length < self.bytes.len() {
            self.bytes[self.length] = text[i];
            self.length += 1;
            i += 1;
        }
    }

    /// In groups of three digits.
    const fn push_number(&mut self, n: usize) {
        const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
        let (mut power, mut place) = (1, 0);
        while n / power >= 10 {
            power *= 10;
            place += 1;
        }
        loop {
            self.push(DIGITS[n / power % 10]);
            if place == 0 {
                return;
            }
            if place % 3 == 0 {
                self.push(",");
            }
            power /= 10;
            place -= 1;
        }
    }

    const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "too many series: more than 4,096 combinations of enum labels",
        }
    }
}

/// A reference to a label value, checked here, where the expansion names it.
#[inline]
#[expect(
    clippy::multiple_bound_locations,
    reason = "the compiler shows the first line of it to users"
)]
pub fn label<'a, T: LabelValue + ?Sized>(value: &'a T) -> <T as Label<'a>>::Reference
where
    T: Label<'a>,
{
    T::reference(value)
}

/// The reference itself, in such a way that a type that is no label value leaves its type unknown, and the
/// compiler silent about what is done with it.
pub trait Label<'a> {
    /// `&'a Self`.
    type Reference: 'a;

    /// The same.
    fn reference(&'a self) -> Self::Reference;
}

impl<'a, T: LabelValue + ?Sized + 'a> Label<'a> for T {
    type Reference = &'a T;

    #[inline]
    fn reference(&'a self) -> &'a T {
        self
    }
}

/// What types say of themselves as labels. Where one of them is no label value nothing is said here, by
/// [`Unanswered`]: the one error is at the use of the label.
#[derive(Debug)]
pub struct Asked<L>(std::marker::PhantomData<L>);

impl<L: LabelSet> Asked<L> {
    /// How many values each has.
    pub const CARDINALITIES: &'static [Option<usize>] = L::CARDINALITIES;

    /// Registers a family with these labels.
    pub fn register<I: Instrument>(front: &'static Declared<I>) {
        front.register::<L>();
    }

    /// Registers the families of a job set with these labels.
    pub fn register_jobs(set: &'static JobSet, audio: bool, queued: bool) {
        set.register::<L>();
        if audio {
            set.register_audio::<L>();
        }
        if queued {
            set.register_queued::<L>();
        }
    }
}

/// The answers for types that are no labels.
pub trait Unanswered {
    /// As of a type whose values are not known.
    const CARDINALITIES: &'static [Option<usize>] = &[None];

    /// Registers nothing.
    fn register<I: Instrument>(_: &'static Declared<I>) {}

    /// Registers nothing.
    fn register_jobs(_: &'static JobSet, _: bool, _: bool) {}
}

impl<L> Unanswered for Asked<L> {}

#[cfg(test)]
mod tests {
    use super::Product;

    #[test]
    fn a_product_is_spelled_out() {
        let text = Product::of(&["model", "language"], &[Some(5), Some(1234)], 4, 24_680);
        assert!(
            text.as_str()
                .starts_with("too many series: 5 `model` x 1,234 `language` x 4 outcomes = 24,680 where 4,096 are"),
            "{}",
            text.as_str()
        );
        let long = "a".repeat(64);
        let labels = [long.as_str(); 16];
        let text = Product::of(&labels, &[Some(1_000_000); 16], 1, usize::MAX);
        assert_eq!(text.as_str().len(), 512);
    }
}
