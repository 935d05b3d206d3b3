//! What a metric is, and where that was written down.

use instrumetrics_grammar as grammar;
use std::fmt;

pub use grammar::Kind;

/// A place in source code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Site {
    /// The file, as the compiler names it.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
    /// The module path.
    pub module: &'static str,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        if !self.module.is_empty() {
            write!(f, " ({})", self.module)?;
        }
        Ok(())
    }
}

/// The static description of a metric: what the macros emit, and what a `static` instrument is made from.
///
/// ```
/// use instrumetrics_runtime::{Counter, Descriptor};
///
/// static PARCELS: Counter = Counter::new(&Descriptor::counter("parcels_total", "Parcels sent."));
/// PARCELS.inc();
/// assert_eq!(PARCELS.value(), 1);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Descriptor {
    /// The exposed name, with its namespace.
    pub name: &'static str,
    /// One sentence for the operator.
    pub help: &'static str,
    /// Counter, gauge or histogram.
    pub kind: Kind,
    /// Whether a counter counts reals (`Counter<f64>`).
    pub real: bool,
    /// The names of the labels, in the order in which values are given.
    pub labels: &'static [&'static str],
    /// Upper bounds of a histogram's buckets; `None` for those of its unit.
    pub bounds: Option<&'static [f64]>,
    /// The base unit, a suffix of the name.
    pub unit: Option<&'static str>,
    /// Whether the name begins with a namespace of its own, so that an exporter adds none.
    pub namespaced: bool,
    /// The metric's own cap on series; without one the process's cap on all dynamic series holds.
    pub max_series: Option<usize>,
    /// Whether the macros declared it, so that the linker should have collected it.
    pub collected: bool,
    /// Where it was declared.
    pub site: Site,
}

impl Descriptor {
    /// A counter, whose name ends in `_total`.
    ///
    /// # Panics
    ///
    /// When the name breaks a rule; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn counter(name: &'static str, help: &'static str) -> Self {
        Self::checked(name, help, Kind::Counter)
    }

    /// A gauge.
    ///
    /// # Panics
    ///
    /// When the name breaks a rule; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self::checked(name, help, Kind::Gauge)
    }

    /// A histogram; without [`bounds`](Self::bounds) its buckets follow from the unit in its name.
    ///
    /// # Panics
    ///
    /// When the name breaks a rule; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn histogram(name: &'static str, help: &'static str) -> Self {
        Self::checked(name, help, Kind::Histogram)
    }

    /// With the upper bounds of a histogram's buckets: finite, strictly increasing, without `+Inf`.
    ///
    /// # Panics
    ///
    /// When the bounds break a rule; in a `static` that is a compile error.
    #[must_use]
    pub const fn bounds(mut self, bounds: &'static [f64]) -> Self {
        if let Err(violation) = grammar::buckets(bounds) {
            refuse(&violation);
        }
        self.bounds = Some(bounds);
        self
    }

    /// A metric of the library's own, with a cap of its own.
    #[track_caller]
    pub(crate) const fn own(
        name: &'static str,
        help: &'static str,
        kind: Kind,
        labels: &'static [&'static str],
        max_series: usize,
    ) -> Self {
        Self {
            labels,
            max_series: Some(max_series),
            ..Self::checked(name, help, kind)
        }
    }

    #[track_caller]
    const fn checked(name: &'static str, help: &'static str, kind: Kind) -> Self {
        if let Err(violation) = grammar::declared_name(name, kind, grammar::MAX_METRIC_NAME_LENGTH)
        {
            refuse(&violation);
        }
        let caller = std::panic::Location::caller();
        Self {
            name,
            help,
            kind,
            real: false,
            labels: &[],
            bounds: None,
            unit: grammar::unit_of(name),
            namespaced: false,
            max_series: None,
            collected: false,
            site: Site {
                file: caller.file(),
                line: caller.line(),
                module: "",
            },
        }
    }
}

/// Descriptors are made in constants, where this panic is the compile error.
#[expect(clippy::panic, reason = "a compile error in constants")]
#[track_caller]
const fn refuse(violation: &grammar::Violation) -> ! {
    panic!("{}", violation.message())
}
