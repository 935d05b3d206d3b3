//! Counters.

use super::{Instrument, Whose, sealed::Sealed};
use crate::cells;
use crate::declared::Block;
use crate::descriptor::{Descriptor, Kind};
use crate::family::{Cells, Family, Held, Series};
use crate::number::{Amount, Number};
use crate::recording::State;
use crate::registry::Registry;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A number that only grows: `Counter` counts whole things, `Counter<f64>` seconds and other reals.
///
/// A handle is cheap to keep and to clone. It can be a `static` too:
///
/// ```
/// use instrumetrics_runtime::{Counter, Descriptor};
///
/// static LETTERS: Counter = Counter::new(&Descriptor::counter("letters_total", "Letters."));
/// LETTERS.inc();
/// LETTERS.inc_by(2);
/// assert_eq!(LETTERS.value(), 3);
/// ```
pub struct Counter<T: Amount = u64> {
    /// Zero until a `static` is first used.
    cell: AtomicU32,
    whose: Whose,
    held: Held,
    amount: PhantomData<T>,
}

impl Counter<u64> {
    /// A handle on a series by name.
    pub(crate) fn named(series: &Series) -> Self {
        let cells = series.cells().take();
        Self {
            cell: AtomicU32::new(cells.numbers),
            whose: Whose::Named(series.definition.number()),
            held: Held::taken(cells),
            amount: PhantomData,
        }
    }

    /// A counter without labels, for a `static`; registered when first used.
    #[must_use]
    pub const fn new(descriptor: &'static Descriptor) -> Self {
        Self::unresolved(descriptor)
    }
}

impl Counter<f64> {
    /// A counter of reals without labels, for a `static`; registered when first used.
    #[must_use]
    pub const fn real(descriptor: &'static Descriptor) -> Self {
        Self::unresolved(descriptor)
    }
}

impl<T: Amount> Counter<T> {
    const fn unresolved(descriptor: &'static Descriptor) -> Self {
        Self {
            cell: AtomicU32::new(0),
            whose: Whose::Declared(descriptor),
            held: Held::NOTHING,
            amount: PhantomData,
        }
    }

    /// Adds one.
    #[inline]
    pub fn inc(&self) {
        let state = State::now();
        if state.is_plain() {
            T::ONE.add_to(self.cell());
        } else if state.is_on() {
            T::ONE.add_and_tell(self.cell());
        }
    }

    /// Adds an amount: any integer or float (or, as seconds, a `Duration`) that is finite and not negative,
    /// and whole where whole things are counted. Others are refused, and counted in
    /// `metrics_validation_errors_total`.
    #[inline]
    pub fn inc_by(&self, amount: impl Number) {
        let state = State::now();
        if state.is_on() {
            match T::from_number(amount) {
                Some(amount) if state.is_plain() => amount.add_to(self.cell()),
                Some(amount) => amount.add_and_tell(self.cell()),
                None => self.whose.refuse(),
            }
        }
    }

    /// The total so far, over all threads.
    #[must_use]
    pub fn value(&self) -> T {
        T::total(self.cell())
    }

    /// Adds one for a call that was found to be recorded when it began.
    pub(crate) fn inc_begun(&self) {
        self.inc_by_begun(T::ONE);
    }

    /// As [`inc_begun`](Self::inc_begun), by an amount.
    pub(crate) fn inc_by_begun(&self, amount: impl Number) {
        match T::from_number(amount) {
            Some(amount) if State::now().has_events() => amount.add_and_tell(self.cell()),
            Some(amount) => amount.add_to(self.cell()),
            None => self.whose.refuse(),
        }
    }

    /// Adds one, recording or not, to a metric of the library's own.
    pub(crate) fn inc_unasked(&self) {
        T::ONE.add_to(self.cell());
    }

    /// As [`inc_by`](Self::inc_by), recording or not, for a metric of the library's own.
    #[cfg(feature = "push")]
    pub(crate) fn inc_by_unasked(&self, amount: impl Number) {
        match T::from_number(amount) {
            Some(amount) => amount.add_to(self.cell()),
            None => self.whose.refuse(),
        }
    }

    #[inline]
    fn cell(&self) -> u32 {
        // Relaxed: the number is all there is to see; cells are found through `OnceLock`s.
        match self.cell.load(Relaxed) {
            0 => {
                let cell = Self::register(self.whose);
                self.cell.store(cell, Relaxed);
                cell
            }
            cell => cell,
        }
    }

    /// Takes no `self`, so that a handle whose address nobody takes stays in registers.
    #[cold]
    #[inline(never)]
    fn register(whose: Whose) -> u32 {
        let Whose::Declared(descriptor) = whose else {
            // Only what is declared is unresolved.
            return cells::SCRAP;
        };
        let descriptor = Descriptor {
            real: T::REAL,
            ..*descriptor
        };
        // Never dropped: a `static` lives as long as the process.
        let cells = Registry::global()
            .register_plain(&descriptor)
            .series
            .cells()
            .take();
        cells.numbers
    }
}

impl<T: Amount> Clone for Counter<T> {
    #[inline]
    fn clone(&self) -> Self {
        Self {
            cell: AtomicU32::new(self.cell.load(Relaxed)),
            whose: self.whose,
            held: self.held.clone(),
            amount: PhantomData,
        }
    }
}

impl<T: Amount + fmt::Debug> fmt::Debug for Counter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counter")
            .field("name", &self.whose.name())
            .field("value", &self.value())
            .finish_non_exhaustive()
    }
}

impl<T: Amount> Sealed for Counter<T> {
    type Place = Cells;

    #[inline]
    fn dense(series: &'static Arc<Series>) -> Cells {
        series.cells()
    }

    #[inline]
    fn dynamic(family: &Family, texts: &[&str]) -> Cells {
        family.with_cells(texts, Cells::take)
    }

    #[inline]
    fn of(descriptor: &'static Descriptor, cells: Cells) -> Self {
        Self {
            cell: AtomicU32::new(cells.numbers),
            whose: Whose::Declared(descriptor),
            held: Held::taken(cells),
            amount: PhantomData,
        }
    }

    #[inline]
    fn lasting(descriptor: &'static Descriptor, cells: Cells) -> Self {
        Self {
            cell: AtomicU32::new(cells.numbers),
            ..Self::unresolved(descriptor)
        }
    }

    #[inline]
    fn of_block(descriptor: &'static Descriptor, block: &Block, index: usize) -> Option<Self> {
        Some(Self {
            cell: AtomicU32::new(block.cell(index)),
            ..Self::unresolved(descriptor)
        })
    }
}

impl<T: Amount> Instrument for Counter<T> {
    const KIND: Kind = Kind::Counter;
    const REAL: bool = T::REAL;
}
