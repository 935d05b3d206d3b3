//! Whether the process records at all.

use std::sync::atomic::{AtomicBool, Ordering};

static RECORDING: AtomicBool = AtomicBool::new(true);

/// Whether declared metrics and attributes record; see [`set_recording`].
#[inline]
#[must_use]
pub fn recording() -> bool {
    // Relaxed: a switch takes effect soon, not at an exact call; nothing is published through it.
    RECORDING.load(Ordering::Relaxed)
}

/// Switches the recording of declared metrics and attributes on or off for the whole process.
///
/// It is on from the start. Off, a counter or histogram costs one flag and a branch, and an attribute
/// neither reads the clock nor evaluates its labels. A gauge that is `set` is stored all the same, so that
/// it is right when recording goes on; a call that was recorded on entry is finished. Attaching an
/// exporter other than the null one switches recording on again.
pub fn set_recording(on: bool) {
    RECORDING.store(on, Ordering::Relaxed);
}
