//! Histograms and timers.

use super::{Instrument, Whose, sealed::Sealed};
use crate::cells::{self, Began};
use crate::clock;
use crate::declared::Block;
use crate::descriptor::{Descriptor, Kind};
use crate::family::{Cells, Family, Held, Series};
use crate::number::Number;
use crate::recording::{State, recording};
use crate::registry::Registry;
use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Counts observations in buckets, and sums them.
///
/// What is not finite is refused, and counted in `metrics_validation_errors_total`.
///
/// ```
/// use instrumetrics_runtime::{Descriptor, Histogram};
///
/// static WAIT: Histogram =
///     Histogram::new(&Descriptor::histogram("lift_wait_seconds", "Time to wait for the lift."));
/// WAIT.observe(0.3);
/// assert_eq!((WAIT.count(), WAIT.sum()), (1, 0.3));
/// ```
#[derive(Clone)]
pub struct Histogram {
    place: Whereabouts,
    whose: Whose,
    _held: Held,
}

#[derive(Clone)]
enum Whereabouts {
    Known(Place),
    /// Of a `static`, once it is registered. A place needs no dropping, and without the lock's own check
    /// on drop a handle costs nothing to let go.
    AtFirstUse(ManuallyDrop<OnceLock<Place>>),
}

#[derive(Clone, Copy)]
struct Place {
    /// The sum; the buckets follow it.
    start: u32,
    bounds: &'static [f64],
}

impl Place {
    #[inline]
    fn of(cells: Cells, series: &Series) -> Self {
        Self {
            start: cells.numbers,
            bounds: series.definition.bounds,
        }
    }
}

/// Up to this many bounds, comparing with each is faster than a search.
const FEW_BOUNDS: usize = 16;

/// Observes a value. What it takes fits in registers, so that the handle need not be in memory.
fn observe_at(start: u32, bounds: &[f64], value: f64) {
    let bucket = if bounds.len() <= FEW_BOUNDS {
        bounds.iter().filter(|bound| **bound < value).count()
    } else {
        bounds.partition_point(|bound| *bound < value)
    };
    cells::observe(start, bucket, value);
}

/// Observes a value in the histogram of a metric by name.
pub(crate) fn observe_named(start: u32, bounds: &[f64], value: f64) {
    observe_at(start, bounds, value);
    if State::now().has_events() {
        tell(start, value);
    }
}

/// Tells whoever wants to hear of it.
#[cold]
fn tell(start: u32, value: f64) {
    #[cfg(feature = "statsd")]
    crate::events::tell(
        crate::events::Source::Cell(start),
        crate::events::What::Observation(value),
    );
    #[cfg(not(feature = "statsd"))]
    let _ = (start, value);
}

impl Histogram {
    /// A histogram without labels, for a `static`; registered when first used.
    #[must_use]
    pub const fn new(descriptor: &'static Descriptor) -> Self {
        Self {
            place: Whereabouts::AtFirstUse(ManuallyDrop::new(OnceLock::new())),
            whose: Whose::Declared(descriptor),
            _held: Held::NOTHING,
        }
    }

    /// A handle on a series by name.
    pub(crate) fn named(series: &Series) -> Self {
        let cells = series.cells().take();
        Self {
            place: Whereabouts::Known(Place::of(cells, series)),
            whose: Whose::Named(series.definition.number()),
            _held: Held::taken(cells),
        }
    }

    /// Observes a value, in the unit of the metric's name.
    #[inline]
    pub fn observe(&self, value: impl Number) {
        let state = State::now();
        if state.is_plain() {
            self.observe_plainly(value.real());
        } else if state.is_on() {
            self.observe_unasked(value.real());
        }
    }

    /// Observes a duration, in seconds.
    #[inline]
    pub fn observe_duration(&self, duration: Duration) {
        self.observe(duration);
    }

    /// Starts a timer that observes, in seconds, the time until it is dropped.
    #[must_use = "the timer observes the time until it is dropped"]
    pub fn start_timer(&self) -> Timer {
        Timer {
            running: recording().then(|| (self.clone(), clock::now(), Began::here())),
        }
    }

    /// How many values were observed, over all threads.
    #[must_use]
    pub fn count(&self) -> u64 {
        let place = self.place();
        (place.start..)
            .skip(1)
            .take(place.bounds.len() + 1)
            .map(cells::sum)
            .fold(0, u64::wrapping_add)
    }

    /// The sum of the observed values, over all threads.
    #[must_use]
    pub fn sum(&self) -> f64 {
        cells::sum_f64(self.place().start)
    }

    #[inline]
    fn observe_plainly(&self, value: f64) {
        if value.is_finite() {
            let Place { start, bounds } = self.place();
            observe_at(start, bounds, value);
        } else {
            self.whose.refuse();
        }
    }

    /// As [`observe`](Self::observe), recording or not.
    #[inline]
    pub(crate) fn observe_unasked(&self, value: f64) {
        if value.is_finite() {
            let Place { start, bounds } = self.place();
            observe_at(start, bounds, value);
            if State::now().has_events() {
                tell(start, value);
            }
        } else {
            self.whose.refuse();
        }
    }

    #[inline]
    fn place(&self) -> Place {
        match &self.place {
            Whereabouts::Known(place) => *place,
            Whereabouts::AtFirstUse(place) => {
                let whose = self.whose;
                *place.get_or_init(|| Self::register(whose))
            }
        }
    }

    #[cold]
    fn register(whose: Whose) -> Place {
        match whose {
            Whose::Declared(descriptor) => {
                let series = Registry::global().register_plain(descriptor).series;
                // Never dropped: a `static` lives as long as the process.
                Place::of(series.cells().take(), &series)
            }
            // Only what is declared is unresolved.
            Whose::Named(_) => Place {
                start: cells::SCRAP,
                bounds: &[],
            },
        }
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histogram")
            .field("name", &self.whose.name())
            .field("count", &self.count())
            .field("sum", &self.sum())
            .finish_non_exhaustive()
    }
}

impl Sealed for Histogram {
    type Place = (Cells, &'static [f64]);

    #[inline]
    fn dense(series: &'static Arc<Series>) -> Self::Place {
        (series.cells(), series.definition.bounds)
    }

    #[inline]
    fn dynamic(family: &Family, texts: &[&str]) -> Self::Place {
        let cells = family.with_cells(texts, Cells::take);
        (cells, family.definition.bounds)
    }

    #[inline]
    fn of(descriptor: &'static Descriptor, (cells, bounds): Self::Place) -> Self {
        Self {
            place: Whereabouts::Known(Place {
                start: cells.numbers,
                bounds,
            }),
            whose: Whose::Declared(descriptor),
            _held: Held::taken(cells),
        }
    }

    #[inline]
    fn lasting(descriptor: &'static Descriptor, (cells, bounds): Self::Place) -> Self {
        Self {
            place: Whereabouts::Known(Place {
                start: cells.numbers,
                bounds,
            }),
            whose: Whose::Declared(descriptor),
            _held: Held::NOTHING,
        }
    }

    #[inline]
    fn of_block(descriptor: &'static Descriptor, block: &Block, index: usize) -> Option<Self> {
        Some(Self {
            place: Whereabouts::Known(Place {
                start: block.cell(index),
                bounds: block.bounds,
            }),
            whose: Whose::Declared(descriptor),
            _held: Held::NOTHING,
        })
    }
}

impl Instrument for Histogram {
    const KIND: Kind = Kind::Histogram;
}

/// Observes the time from its start until it is dropped; see [`Histogram::start_timer`].
#[derive(Debug)]
#[must_use = "the timer observes the time until it is dropped"]
pub struct Timer {
    /// `None` once it observed or was discarded, and when recording was off at its start.
    running: Option<(Histogram, clock::Reading, Began)>,
}

impl Timer {
    /// Observes the time so far and returns it; zero when recording was off at the start.
    pub fn stop(mut self) -> Duration {
        self.observe()
    }

    /// Ends the timer without observing anything.
    pub fn discard(mut self) {
        self.running = None;
    }

    fn observe(&mut self) -> Duration {
        let Some((histogram, started, began)) = self.running.take() else {
            return Duration::ZERO;
        };
        let observed = began.within(|| {
            let elapsed = started.elapsed();
            histogram.observe_unasked(elapsed.as_secs_f64());
            elapsed
        });
        observed.unwrap_or_else(|| started.elapsed())
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.observe();
    }
}
