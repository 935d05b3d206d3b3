//! Time, read cheaply.
//!
//! Reading the processor's time-stamp counter through `quanta` costs half of `Instant::now`, but its
//! calibration may take up to 200 ms. Nobody waits for it: the first reading starts it on a thread of its
//! own, and until it is done readings come from the operating system. A reading remembers its source and
//! is compared with a later one from the same.

#[cfg(feature = "testing")]
use crate::cells;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, OnceLock};
use std::time::{Duration, Instant};

static CALIBRATED: OnceLock<Calibrated> = OnceLock::new();
static STARTED: AtomicBool = AtomicBool::new(false);
static ORIGIN: OnceLock<Instant> = OnceLock::new();

/// The processor's clock, and how long its ticks are.
struct Calibrated {
    clock: quanta::Clock,
    seconds_per_tick: f64,
}

impl Calibrated {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a rounding in the sixteenth digit"
    )]
    fn new() -> Self {
        // Some minutes: long enough that the nanosecond by which it is rounded does not matter.
        const TICKS: u64 = 1 << 40;
        let clock = quanta::Clock::new();
        let seconds_per_tick = clock.delta_as_nanos(0, TICKS) as f64 / 1e9 / TICKS as f64;
        Self {
            clock,
            seconds_per_tick,
        }
    }
}

/// A point in time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading(Source);

#[derive(Clone, Copy, Debug)]
enum Source {
    /// Raw ticks of the calibrated clock.
    Ticks(u64),
    /// Nanoseconds since `ORIGIN`.
    System(u64),
    /// Nanoseconds of the clock that a scope sets by hand.
    #[cfg(feature = "testing")]
    ByHand(u64),
}

/// The time now.
pub(crate) fn now() -> Reading {
    #[cfg(feature = "testing")]
    if let Some(now) = cells::nanoseconds_by_hand() {
        return Reading(Source::ByHand(now));
    }
    match CALIBRATED.get() {
        Some(calibrated) => Reading(Source::Ticks(calibrated.clock.raw())),
        None => now_uncalibrated(),
    }
}

#[cold]
fn now_uncalibrated() -> Reading {
    // Relaxed: the flag guards only against a second thread; the clock is published by its `OnceLock`.
    if !STARTED.swap(true, Ordering::Relaxed) {
        // Without the thread the operating system's clock simply stays in use.
        let _ = std::thread::Builder::new()
            .name("instrumetrics-clock".into())
            .spawn(|| {
                CALIBRATED.get_or_init(Calibrated::new);
            });
    }
    Reading(Source::System(system_nanoseconds()))
}

fn system_nanoseconds() -> u64 {
    let origin = *ORIGIN.get_or_init(Instant::now);
    u64::try_from(origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Whole seconds since some moment, for what is allowed so often a second.
pub(crate) fn second() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    #[cfg(feature = "testing")]
    if let Some(now) = cells::nanoseconds_by_hand() {
        return now / 1_000_000_000;
    }
    START.elapsed().as_secs()
}

impl Reading {
    /// The time since this reading; zero where the clock stepped back.
    pub(crate) fn elapsed(self) -> Duration {
        Duration::from_nanos(self.nanoseconds())
    }

    /// As [`elapsed`](Self::elapsed), in seconds, by one multiplication.
    #[expect(
        clippy::cast_precision_loss,
        reason = "exact up to 30 days or more, then to 16 digits"
    )]
    pub(crate) fn seconds(self) -> f64 {
        if let Source::Ticks(start) = self.0
            && let Some(Calibrated {
                clock,
                seconds_per_tick,
            }) = CALIBRATED.get()
        {
            clock.raw().saturating_sub(start) as f64 * seconds_per_tick
        } else {
            self.nanoseconds() as f64 / 1e9
        }
    }

    fn nanoseconds(self) -> u64 {
        match self.0 {
            Source::Ticks(start) => CALIBRATED.get().map_or(0, |Calibrated { clock, .. }| {
                clock.delta_as_nanos(start, clock.raw())
            }),
            Source::System(start) => system_nanoseconds().saturating_sub(start),
            // Without the clock, which is gone with its scope, no time passed.
            #[cfg(feature = "testing")]
            Source::ByHand(start) => {
                cells::nanoseconds_by_hand().map_or(0, |now| now.saturating_sub(start))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sources_agree_with_the_system_clock() {
        for wait in [0, 300] {
            std::thread::sleep(Duration::from_millis(wait));
            let (ours, theirs) = (now(), Instant::now());
            std::thread::sleep(Duration::from_millis(50));
            let (ours, seconds, theirs) = (ours.elapsed(), ours.seconds(), theirs.elapsed());
            let apart = ours.as_secs_f64() - seconds;
            assert!(apart.abs() < 1e-4, "{ours:?} {seconds}");
            let apart = ours.abs_diff(theirs);
            assert!(apart < Duration::from_millis(5), "{ours:?} {theirs:?}");
        }
        assert!(CALIBRATED.get().is_some());
    }
}
