//! One way to do the work of a row.

use std::fmt;

/// Whose code it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// This toolkit.
    Ours,
    /// A library that does the same.
    Peer,
    /// What both are held against: a bare atomic, a call that is not measured.
    Reference,
}

impl Side {
    /// As one word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Peer => "peer",
            Self::Reference => "reference",
        }
    }
}

type Batch = Box<dyn Fn(u64) + Send + Sync>;
type Total = Box<dyn Fn() -> u64 + Send + Sync>;

/// One way to do the work of a row.
pub struct Contender {
    /// The row; names are stable, so that results of different versions can be compared.
    pub row: &'static str,
    /// The library and how it is used.
    pub name: &'static str,
    /// Whose code it is.
    pub side: Side,
    /// Does the work so many times.
    batch: Batch,
    /// What the work counts so far.
    total: Option<Total>,
    /// Whether the process records while this is measured.
    recording: bool,
}

impl Contender {
    /// A contender on `row`. The loop belongs into `batch`, so that the compiler sees it.
    pub fn new(
        row: &'static str,
        name: &'static str,
        side: Side,
        batch: impl Fn(u64) + Send + Sync + 'static,
    ) -> Self {
        Self {
            row,
            name,
            side,
            batch: Box::new(batch),
            total: None,
            recording: true,
        }
    }

    /// With a total that must rise by exactly one for each time the work is done.
    #[must_use]
    pub fn counted(mut self, total: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.total = Some(Box::new(total));
        self
    }

    /// Measured while the process records nothing: its total must not rise at all.
    #[must_use]
    pub fn not_recording(mut self) -> Self {
        self.recording = false;
        self
    }

    /// The same on another row.
    #[must_use]
    pub fn on(self, row: &'static str) -> Self {
        Self { row, ..self }
    }

    /// Runs `measure`, which does the work `times` times through the closure it is given, and checks that
    /// the total tells.
    ///
    /// # Panics
    ///
    /// When it does not: a figure for work that was not done would be worthless.
    pub fn checked<R>(&self, times: u64, measure: impl FnOnce(&(dyn Fn(u64) + Sync)) -> R) -> R {
        let before = self.total.as_ref().map(|total| total());
        instrumetrics::set_recording(self.recording);
        let measured = measure(&*self.batch);
        instrumetrics::set_recording(true);
        if let (Some(before), Some(total)) = (before, &self.total) {
            let expected = if self.recording { times } else { 0 };
            assert_eq!(
                total() - before,
                expected,
                "{}: {} did not count what it was timed for",
                self.row,
                self.name
            );
        }
        measured
    }
}

impl fmt::Debug for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contender")
            .field("row", &self.row)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The median figures of a contender.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The row.
    pub row: &'static str,
    /// The contender's name.
    pub name: &'static str,
    /// Whose code it is.
    pub side: Side,
    /// Nanoseconds for each time the work was done.
    pub ns: f64,
    /// The same, round by round.
    pub rounds: Vec<f64>,
    /// Allocations for each time the work was done.
    pub allocations: f64,
}

impl Figures {
    /// How many times as long it took as another, which had its turn in the same rounds: the median of each round's ratio,
    /// so that a slow spell of the machine, which meets both, does not matter.
    #[must_use]
    pub fn over(&self, other: &Self) -> f64 {
        let rounds = self.rounds.iter().zip(&other.rounds);
        median(rounds.map(|(own, other)| own / other).collect())
    }
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
