//! A series: its labels, and where its numbers are.

use super::cap::Cap;
use super::definition::Definition;
use super::idle::Idle;
use super::values::Values;
use crate::cells;
#[cfg(feature = "statsd")]
use crate::recording::State;
use crate::sync::atomic::AtomicU64;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Where the numbers of a counter or histogram are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cells {
    /// The first of them.
    pub(crate) numbers: u32,
    /// Where the handles on it are counted; 0 where it is there for ever.
    pub(crate) handles: u32,
}

impl Cells {
    /// Of nobody.
    pub(crate) const SCRAP: Self = Self::lasting(cells::SCRAP);

    /// Cells that are never used for another series.
    #[inline]
    pub(crate) const fn lasting(numbers: u32) -> Self {
        Self {
            numbers,
            handles: 0,
        }
    }

    /// Counts a handle more, which is to be made of these cells.
    #[inline]
    pub(crate) fn take(self) -> Self {
        if self.handles != 0 {
            cells::take(self.handles);
        }
        self
    }

    /// Cells of its own for a series that may go; the scrap when there are no more.
    pub(super) fn allocate(width: u32) -> Self {
        let Some(numbers) = cells::allocate(width) else {
            return Self::SCRAP;
        };
        if let Some(handles) = cells::allocate_handles() {
            return Self { numbers, handles };
        }
        cells::free(numbers, width);
        Self::SCRAP
    }
}

/// What a handle on a counter or histogram holds: while one exists, its cells are not used for another series.
///
/// It is counted in cells of its thread, so that taking and dropping one costs no locked instruction. As in [`Cells`], 0
/// is a series that is there for ever: of that, dropping a handle is nothing at all.
pub(crate) struct Held(u32);

impl Held {
    /// Of a series that is there for ever.
    pub(crate) const NOTHING: Self = Self(0);

    /// What [`Cells::take`] counted.
    #[inline]
    pub(crate) const fn taken(cells: Cells) -> Self {
        Self(cells.handles)
    }
}

impl Clone for Held {
    #[inline]
    fn clone(&self) -> Self {
        if self.0 != 0 {
            cells::take(self.0);
        }
        Self(self.0)
    }
}

impl Drop for Held {
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "called by its address, as it would be where a call unwinds, each handle would have to be in memory"
    )]
    fn drop(&mut self) {
        if self.0 != 0 {
            cells::give_back(self.0);
        }
    }
}

/// Keeps a gauge in its family: handles have one, threads remember it weakly, and readers have none.
pub(crate) type Pin = Arc<Arc<Series>>;

/// A series as its family has it.
#[derive(Clone, Debug)]
pub struct Member {
    pub(crate) series: Arc<Series>,
    /// Of a gauge that may go.
    pub(crate) pin: Option<Pin>,
}

impl Member {
    /// Of a family that may let it go.
    pub(super) fn new(series: Series) -> Self {
        let series = Arc::new(series);
        let pin = series
            .gauge
            .is_some()
            .then(|| Arc::new(Arc::clone(&series)));
        Self { series, pin }
    }

    /// Of a gauge.
    pub(super) fn pinned(pin: Pin) -> Self {
        Self {
            series: Arc::clone(&pin),
            pin: Some(pin),
        }
    }

    /// Of a series that is there for ever.
    pub(crate) fn lasting(series: &Arc<Series>) -> Self {
        Self {
            series: Arc::clone(series),
            pin: None,
        }
    }
}

/// One combination of label values, and its numbers.
pub struct Series {
    pub(crate) definition: Arc<Definition>,
    pub(crate) values: Values,
    /// Where the numbers are; the scrap where this is a gauge.
    pub(super) cells: Cells,
    pub(super) gauge: Option<GaugeNumbers>,
    /// What is given back when the series goes: its cells, and its place under the cap.
    pub(super) lease: Option<Lease>,
    pub(super) idle: Idle,
}

pub(super) struct Lease {
    pub(super) width: u32,
    pub(super) cap: Option<Arc<Cap>>,
    /// Whether its place under the cap is given back already.
    pub(super) left: AtomicBool,
}

impl Series {
    /// Where the numbers are; the scrap where this is a gauge.
    #[inline]
    pub(crate) const fn cells(&self) -> Cells {
        self.cells
    }

    /// As events name it.
    #[cfg(feature = "statsd")]
    pub(crate) fn source(&self) -> crate::events::Source {
        match &self.gauge {
            Some(gauge) => gauge.id.source(),
            None => crate::events::Source::Cell(self.cells.numbers),
        }
    }

    /// The first cell; the scrap where this is a gauge.
    #[inline]
    pub(crate) const fn cell(&self) -> u32 {
        self.cells.numbers
    }

    pub(crate) const fn gauge(&self) -> Option<&GaugeNumbers> {
        self.gauge.as_ref()
    }

    /// Gives its place under the cap back. Done when it leaves its family, whoever may have a handle on it: the cap
    /// bounds what is exposed.
    pub(super) fn leave(&self) {
        // Relaxed: only who is first matters.
        if let Some(lease) = &self.lease
            && let Some(cap) = &lease.cap
            && !lease.left.swap(true, Relaxed)
        {
            cap.give_back();
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
        match &self.gauge {
            Some(gauge) => gauge.is_recorded(),
            None => cells::any(self.cell(), lease.width),
        }
    }
}

impl Drop for Series {
    fn drop(&mut self) {
        let Some(lease) = &self.lease else { return };
        if self.cells.handles != 0 {
            cells::give_up(self.cells.numbers, lease.width, self.cells.handles);
        }
        if let Some(flight) = self.gauge.as_ref().and_then(GaugeNumbers::flight_cells) {
            cells::free(flight, 2);
        }
        self.leave();
    }
}

impl fmt::Debug for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Series")
            .field("name", &self.definition.name)
            .field("values", &self.values)
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
    /// Whether it was recorded into since the last sweep.
    touched: AtomicBool,
    #[cfg(feature = "statsd")]
    pub(crate) id: crate::events::GaugeId,
}

impl GaugeNumbers {
    pub(crate) fn set(&self, value: f64) {
        self.touch();
        self.bits_to_write().store(value.to_bits(), Relaxed);
        #[cfg(feature = "statsd")]
        if State::now().has_events() {
            self.tell();
        }
    }

    pub(crate) fn add(&self, value: f64) {
        self.touch();
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

    fn touch(&self) {
        // Relaxed: who has a reference may touch it, and a gauge is removed only once nobody has one, which orders this
        // before. In between it only decides how long it stays.
        self.touched.store(true, Relaxed);
    }

    /// Whether it was touched since this was asked last.
    pub(super) fn take_touch(&self) -> bool {
        self.touched.swap(false, Relaxed)
    }

    /// Whether it shows more than what is set.
    pub(super) fn is_watched(&self) -> bool {
        let callback = self.callback.lock().unwrap_or_else(PoisonError::into_inner);
        callback.is_some() || self.flight.get().is_some()
    }

    /// Neither watched nor touched.
    pub(super) fn is_idle(&self) -> bool {
        !self.touched.load(Relaxed) && !self.is_watched()
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

    /// The cells of calls in flight, if there were any.
    fn flight_cells(&self) -> Option<u32> {
        let flight = self.flight.get().copied();
        flight.filter(|flight| *flight != cells::SCRAP)
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
