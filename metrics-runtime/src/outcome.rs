//! How a call ended.

use crate::label::{LabelText, LabelValue};

/// How a call ended: the value of the labels `outcome` and `status`, and what an `outcome = |ret| ..`
/// closure returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It returned, and not a `Result::Err`.
    Success,
    /// It returned a `Result::Err`.
    Error,
    /// Its future was dropped after the first poll and before it finished.
    Cancelled,
    /// It unwound.
    Panicked,
}

impl Outcome {
    pub(crate) const ALL: [Self; 4] = [Self::Success, Self::Error, Self::Cancelled, Self::Panicked];

    /// `success`, `error`, `cancelled` or `panicked`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Cancelled => "cancelled",
            Self::Panicked => "panicked",
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl LabelValue for Outcome {
    const CARDINALITY: Option<usize> = Some(Self::ALL.len());
    const FINGERPRINT: u64 =
        crate::label::fingerprint(&["success", "error", "cancelled", "panicked"]);

    #[inline]
    fn index(&self) -> usize {
        *self as usize
    }

    fn value_at(index: usize) -> &'static str {
        Self::ALL.get(index).map_or("", |outcome| outcome.as_str())
    }

    fn text(&self) -> LabelText<'_> {
        self.as_str().into()
    }
}

/// Reads the outcome off a returned value, by type: `Probe(&value).outcome()` is the method here for a
/// `Result` under any name, and the trait's for everything else.
#[doc(hidden)]
#[derive(Debug)]
pub struct Probe<'a, T: ?Sized>(pub &'a T);

impl<T, E> Probe<'_, Result<T, E>> {
    #[doc(hidden)]
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        match self.0 {
            Ok(_) => Outcome::Success,
            Err(_) => Outcome::Error,
        }
    }
}

/// The outcome of a value that is not a `Result`.
#[doc(hidden)]
pub trait AnyOutcome {
    #[doc(hidden)]
    fn outcome(&self) -> Outcome {
        Outcome::Success
    }
}

impl<T: ?Sized> AnyOutcome for Probe<'_, T> {}
