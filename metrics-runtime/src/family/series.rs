//! A series: its labels, rendered once, and where its numbers are.

use super::cap::Cap;
use super::definition::Definition;
use super::values::Values;
use crate::cells;
#[cfg(feature = "statsd")]
use crate::recording::State;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Keeps a dynamic series alive: while one exists, its cells are not handed to another series.
///
/// The outer `Arc` belongs to the cache of one thread, so that taking a handle never touches a reference
/// count that another thread writes.
pub(crate) type Pin = Arc<Arc<Series>>;

/// What a handle holds: a pin, or nothing where the series is there for ever.
#[derive(Clone)]
pub(crate) struct Held(Option<Pin>);

impl Held {
    pub(crate) const NOTHING: Self = Self(None);

    #[inline]
    pub(crate) const fn new(pin: Option<Pin>) -> Self {
        Self(pin)
    }

    /// The series that the pin keeps.
    #[inline]
    pub(crate) fn series(&self) -> Option<&Arc<Series>> {
        self.0.as_deref()
    }
}

impl Drop for Held {
    #[inline]
    fn drop(&mut self) {
        // The pin is handed on in a register. Dropped in place it would be dropped by its address, and each
        // handle would have to be in memory for that.
        if let Some(pin) = self.0.take() {
            release(pin);
        }
    }
}

#[inline(never)]
fn release(pin: Pin) {
    drop(pin);
}

/// One combination of label values, and its numbers.
pub struct Series {
    pub(crate) definition: Arc<Definition>,
    pub(crate) values: Values,
    /// `a="x",b="y"`: escaped, sorted by label name, absent labels left out.
    pub(crate) text: Box<str>,
    pub(crate) numbers: Numbers,
    /// What is given back when the series goes: its cells, and its place under the cap.
    pub(super) lease: Option<Lease>,
}

pub(crate) enum Numbers {
    /// The first cell of a counter or histogram.
    Cells(u32),
    Gauge(GaugeNumbers),
}

pub(super) struct Lease {
    pub(super) width: u32,
    pub(super) cap: Option<Arc<Cap>>,
}

impl Series {
    /// The first cell; the scrap where this is a gauge.
    #[inline]
    pub(crate) fn cell(&self) -> u32 {
        match &self.numbers {
            Numbers::Cells(cell) => *cell,
            Numbers::Gauge(_) => cells::SCRAP,
        }
    }

    /// As events name it.
    #[cfg(feature = "statsd")]
    pub(crate) fn source(&self) -> crate::events::Source {
        match &self.numbers {
            Numbers::Cells(cell) => crate::events::Source::Cell(*cell),
            Numbers::Gauge(gauge) => gauge.id.source(),
        }
    }

    pub(crate) fn gauge(&self) -> Option<&GaugeNumbers> {
        match &self.numbers {
            Numbers::Gauge(gauge) => Some(gauge),
            Numbers::Cells(_) => None,
        }
    }
}

#[cfg(feature = "testing")]
impl Series {
    /// Whether it is to be seen in the scope that this thread is in: a dynamic series is once it is recorded there.
    pub(super) fn is_recorded(&self) -> bool {
        let Some(lease) = &self.lease else {
            return true;
        };
        match &self.numbers {
            Numbers::Cells(start) => cells::any(*start, lease.width),
            Numbers::Gauge(gauge) => gauge.is_recorded(),
        }
    }
}

impl Drop for Series {
    fn drop(&mut self) {
        let Some(lease) = &self.lease else { return };
        match &self.numbers {
            Numbers::Cells(cells::SCRAP) => {}
            Numbers::Cells(start) => cells::free(*start, lease.width),
            Numbers::Gauge(gauge) => {
                if let Some(start) = gauge.flight.get() {
                    cells::free(*start, 2);
                }
            }
        }
        if let Some(cap) = &lease.cap {
            cap.give_back();
        }
    }
}

impl fmt::Debug for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Series")
            .field("name", &self.definition.name)
            .field("labels", &self.text)
            .finish_non_exhaustive()
    }
}

type Callback = Arc<dyn Fn() -> f64 + Send + Sync>;

/// The numbers of a gauge. It is set, so it stays one atomic; what is in flight is counted beside it.
#[derive(Default)]
pub(crate) struct GaugeNumbers {
    bits: AtomicU64,
    /// In a scope: the bits, and whether anything was recorded.
    #[cfg(feature = "testing")]
    scoped: cells::Apart<2>,
    /// Two growing cells, `entered` and `left`. One cell going up and down would be read as negative
    /// when a call enters on one page and leaves on another between the two reads.
    flight: OnceLock<u32>,
    callback: Mutex<Option<Callback>>,
    #[cfg(feature = "statsd")]
    pub(crate) id: crate::events::GaugeId,
}

impl GaugeNumbers {
    pub(crate) fn set(&self, value: f64) {
        self.bits_to_write().store(value.to_bits(), Relaxed);
        #[cfg(feature = "statsd")]
        if State::now().has_events() {
            self.tell();
        }
    }

    pub(crate) fn add(&self, value: f64) {
        cells::atomic_add_f64(self.bits_to_write(), value);
        #[cfg(feature = "statsd")]
        if State::now().has_events() {
            self.tell();
        }
    }

    /// Tells the value to whoever wants to hear of each. One that is read from a closure changes unseen.
    #[cfg(feature = "statsd")]
    #[cold]
    fn tell(&self) {
        // Its lock is held for a moment only by who reads or gives a closure: then the next reading tells the value.
        if self
            .callback
            .try_lock()
            .is_ok_and(|callback| callback.is_none())
        {
            let set = f64::from_bits(self.bits().load(Relaxed));
            let in_flight = self.flight.get().map_or(0.0, |flight| in_flight(*flight));
            crate::events::tell(
                self.id.source(),
                crate::events::What::Gauge(set + in_flight),
            );
        }
    }

    fn bits(&self) -> &AtomicU64 {
        #[cfg(feature = "testing")]
        if let Some([bits, _]) = self.scoped.here() {
            return bits;
        }
        &self.bits
    }

    fn bits_to_write(&self) -> &AtomicU64 {
        #[cfg(feature = "testing")]
        if let Some([bits, recorded]) = self.scoped.here() {
            // Relaxed: a reader that misses it reads the gauge as it was just before.
            recorded.store(1, Relaxed);
            return bits;
        }
        &self.bits
    }

    /// Whether anything was recorded in the scope that this thread is in.
    #[cfg(feature = "testing")]
    fn is_recorded(&self) -> bool {
        let written = self.scoped.here();
        written.is_some_and(|[_, recorded]| recorded.load(Relaxed) != 0)
            || self
                .flight
                .get()
                .is_some_and(|flight| cells::any(*flight, 2))
    }

    pub(crate) fn observe_with(&self, callback: Callback) {
        #[cfg(feature = "testing")]
        self.bits_to_write();
        *self.callback.lock().unwrap_or_else(PoisonError::into_inner) = Some(callback);
    }

    /// The first of the two in-flight cells.
    pub(crate) fn flight(&self) -> u32 {
        *self
            .flight
            .get_or_init(|| cells::allocate(2).unwrap_or(cells::SCRAP))
    }

    /// The value now. `None` when its callback panicked or returned something that is not finite.
    pub(crate) fn value(&self) -> Option<f64> {
        // Taken out of the lock before it is called: it may use this very gauge.
        let callback = self
            .callback
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(callback) = callback {
            return catch_unwind(AssertUnwindSafe(|| callback()))
                .ok()
                .filter(|value| value.is_finite());
        }
        let set = f64::from_bits(self.bits().load(Relaxed));
        Some(
            self.flight
                .get()
                .map_or(set, |flight| set + in_flight(*flight)),
        )
    }
}

/// Calls that entered and did not leave, never negative.
#[expect(
    clippy::cast_precision_loss,
    reason = "far fewer than 2^53 calls are in flight"
)]
fn in_flight(flight: u32) -> f64 {
    // `left` before `entered`, and with acquire: whoever is seen to have left is seen to have entered.
    let left = cells::sum_acquire(flight + 1);
    let entered = cells::sum_acquire(flight);
    entered.wrapping_sub(left) as f64
}
