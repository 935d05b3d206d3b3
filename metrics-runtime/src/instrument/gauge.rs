//! Gauges.

use super::{Instrument, Whose, sealed::Sealed};
use crate::cells;
use crate::descriptor::{Descriptor, Kind};
use crate::family::{Family, GaugeNumbers, Member, Pin, Series};
use crate::number::Number;
use crate::recording::recording;
use crate::registry::Registry;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// A number that goes up and down.
///
/// It holds an `f64`; integers are exact up to 2^53. What is not finite is refused, and counted in
/// `metrics_validation_errors_total`.
///
/// ```
/// use instrumetrics_runtime::{Descriptor, Gauge};
///
/// static OPEN: Gauge = Gauge::new(&Descriptor::gauge("drawers_open", "Open drawers."));
/// OPEN.set(3);
/// OPEN.dec();
/// OPEN.add(0.5);
/// assert_eq!(OPEN.value(), 2.5);
/// ```
#[derive(Clone)]
pub struct Gauge {
    series: GaugeSeries,
    whose: Whose,
}

/// Where a gauge is recorded.
#[derive(Clone, Debug)]
pub enum GaugeSeries {
    Dense(&'static Arc<Series>),
    Dynamic(Pin),
    /// Of a `static`, once it is registered.
    AtFirstUse(OnceLock<Member>),
}

impl Gauge {
    /// A gauge without labels, for a `static`; registered when first used.
    #[must_use]
    pub const fn new(descriptor: &'static Descriptor) -> Self {
        Self {
            series: GaugeSeries::AtFirstUse(OnceLock::new()),
            whose: Whose::Declared(descriptor),
        }
    }

    /// Sets the value. It is stored even while recording is off, so that it is right when it goes on.
    pub fn set(&self, value: impl Number) {
        if let Some(value) = self.finite(value) {
            self.numbers(|numbers| numbers.set(value));
        }
    }

    /// Adds one.
    pub fn inc(&self) {
        self.add(1);
    }

    /// Takes one away.
    pub fn dec(&self) {
        self.sub(1);
    }

    /// Adds an amount, which may be negative.
    pub fn add(&self, amount: impl Number) {
        if recording()
            && let Some(amount) = self.finite(amount)
        {
            self.numbers(|numbers| numbers.add(amount));
        }
    }

    /// As [`add`](Self::add), recording or not.
    #[cfg(feature = "push")]
    pub(crate) fn add_unasked(&self, amount: impl Number) {
        if let Some(amount) = self.finite(amount) {
            self.numbers(|numbers| numbers.add(amount));
        }
    }

    /// Takes an amount away.
    pub fn sub(&self, amount: impl Number) {
        if recording()
            && let Some(amount) = self.finite(amount)
        {
            self.numbers(|numbers| numbers.add(-amount));
        }
    }

    /// Reads the value from a closure whenever it is asked for (at a scrape, say), in place of what was set.
    ///
    /// The closure runs on the reader's thread, without any lock held. If it panics, or returns something
    /// that is not finite, the gauge is left out of that reading.
    pub fn observe_with<N: Number>(&self, value: impl Fn() -> N + Send + Sync + 'static) {
        let value = Arc::new(move || value().real());
        self.numbers(|numbers| numbers.observe_with(value));
    }

    /// The value now; NaN when its closure failed.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.numbers(GaugeNumbers::value)
            .flatten()
            .unwrap_or(f64::NAN)
    }

    /// A handle on a series by name.
    pub(crate) fn named(member: Member) -> Self {
        let number = member.series.definition.number();
        let pin = member.pin.unwrap_or_else(|| Arc::new(member.series));
        Self {
            series: GaugeSeries::Dynamic(pin),
            whose: Whose::Named(number),
        }
    }

    /// Counts one more in flight, and returns where to count that it left.
    pub(crate) fn enter(&self) -> u32 {
        let flight = self.numbers(GaugeNumbers::flight).unwrap_or(cells::SCRAP);
        cells::add_one_release(flight);
        flight
    }

    fn finite(&self, value: impl Number) -> Option<f64> {
        let value = value.real();
        if value.is_finite() {
            return Some(value);
        }
        self.whose.refuse();
        None
    }

    /// Always `Some`: a gauge's series holds the numbers of a gauge.
    fn numbers<R>(&self, f: impl FnOnce(&GaugeNumbers) -> R) -> Option<R> {
        let series: &Arc<Series> = match &self.series {
            GaugeSeries::Dense(series) => series,
            GaugeSeries::Dynamic(pin) => pin,
            GaugeSeries::AtFirstUse(member) => {
                let member = member.get_or_init(|| match self.whose {
                    Whose::Declared(descriptor) => Registry::global().register_plain(descriptor),
                    // Only what is declared is unresolved.
                    Whose::Named(_) => crate::metrics::detached(Kind::Gauge),
                });
                &member.series
            }
        };
        series.gauge().map(f)
    }
}

impl fmt::Debug for Gauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gauge")
            .field("name", &self.whose.name())
            .finish_non_exhaustive()
    }
}

impl Sealed for Gauge {
    type Place = GaugeSeries;

    fn dense(series: &'static Arc<Series>) -> GaugeSeries {
        GaugeSeries::Dense(series)
    }

    fn dynamic(family: &Family, texts: &[&str]) -> GaugeSeries {
        GaugeSeries::Dynamic(family.gauge(texts))
    }

    fn of(descriptor: &'static Descriptor, series: GaugeSeries) -> Self {
        Self {
            series,
            whose: Whose::Declared(descriptor),
        }
    }

    fn lasting(descriptor: &'static Descriptor, series: GaugeSeries) -> Self {
        Self::of(descriptor, series)
    }
}

impl Instrument for Gauge {
    const KIND: Kind = Kind::Gauge;
}
