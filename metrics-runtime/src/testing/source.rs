//! Where an assertion looks.

use super::{Scope, everything};
use crate::metrics::Metrics;
use crate::snapshot::Snapshot;
use std::borrow::Cow;

/// What an assertion can look into: a [`Scope`], a [`Snapshot`], or [`Metrics`] by name (as seen from the scope that
/// the asserting thread is in).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing to look a metric up in",
    label = "not a scope, a snapshot or a set of metrics",
    note = "labels are written as `{{\"label\" => value}}` or `[(\"label\", value)]`, after the metric's name"
)]
pub trait Source {
    /// The numbers now.
    fn read(&self) -> Cow<'_, Snapshot>;
}

impl Source for Scope {
    fn read(&self) -> Cow<'_, Snapshot> {
        Cow::Owned(self.snapshot())
    }
}

impl Source for Snapshot {
    fn read(&self) -> Cow<'_, Snapshot> {
        Cow::Borrowed(self)
    }
}

impl Source for Metrics {
    fn read(&self) -> Cow<'_, Snapshot> {
        Cow::Owned(self.snapshot())
    }
}

impl<S: Source + ?Sized> Source for &S {
    fn read(&self) -> Cow<'_, Snapshot> {
        (**self).read()
    }
}

/// All metrics, as seen from the scope that the asserting thread is in: what an assertion without a source looks into.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Here;

impl Source for Here {
    fn read(&self) -> Cow<'_, Snapshot> {
        Cow::Owned(everything())
    }
}
