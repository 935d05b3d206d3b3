//! Whether the process records at all, and whether somebody wants to hear of every single recording.

use std::sync::atomic::{AtomicU8, Ordering};

/// What is recorded is counted.
const ON: u8 = 1;

/// Each recording is an event besides; see [`events`](crate::events).
const EVENTS: u8 = 2;

static STATE: AtomicU8 = AtomicU8::new(ON);

/// What becomes of a recording. Usually it is counted and no more, which one comparison tells.
#[derive(Clone, Copy)]
pub(crate) struct State(u8);

impl State {
    #[inline]
    pub(crate) fn now() -> Self {
        // Relaxed: a switch takes effect soon, not at an exact call; nothing is published through it.
        Self(STATE.load(Ordering::Relaxed))
    }

    /// Whether it is counted, and nothing else.
    #[inline]
    pub(crate) const fn is_plain(self) -> bool {
        self.0 == ON
    }

    /// Whether it is counted.
    #[inline]
    pub(crate) const fn is_on(self) -> bool {
        self.0 & ON != 0
    }

    /// Whether somebody wants to hear of it.
    #[inline]
    pub(crate) const fn has_events(self) -> bool {
        cfg!(feature = "statsd") && self.0 & EVENTS != 0
    }
}

/// Whether declared metrics and attributes record; see [`set_recording`].
#[inline]
#[must_use]
pub fn recording() -> bool {
    State::now().is_on()
}

/// Switches the recording of declared metrics and attributes on or off for the whole process.
///
/// It is on from the start. Off, a counter or histogram costs one flag and a branch, and an attribute
/// neither reads the clock nor evaluates its labels. A gauge that is `set` is stored all the same, so that
/// it is right when recording goes on; a call that was recorded on entry is finished. Attaching an
/// exporter other than the null one switches recording on again.
pub fn set_recording(on: bool) {
    switch(ON, on);
}

/// Begins or ends to tell of every single recording.
#[cfg(feature = "statsd")]
pub(crate) fn set_events(on: bool) {
    switch(EVENTS, on);
}

fn switch(flag: u8, on: bool) {
    if on {
        STATE.fetch_or(flag, Ordering::Relaxed);
    } else {
        STATE.fetch_and(!flag, Ordering::Relaxed);
    }
}
