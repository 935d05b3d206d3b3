//! The exporter that exports nothing.

use crate::recording::set_recording;

/// An exporter that exports nothing.
///
/// Having one changes nothing for others; [`install`](Self::install) makes it the choice of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NullExporter;

impl NullExporter {
    /// Makes null the only exporter of the process: recording stops, as with
    /// [`set_recording(false)`](set_recording), until another exporter is created.
    pub fn install(self) {
        set_recording(false);
    }
}

/// The exporter that exports nothing.
#[must_use]
pub const fn create_null_exporter() -> NullExporter {
    NullExporter
}
