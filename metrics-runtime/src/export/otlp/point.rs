//! What is to be sent of one series, whatever the encoding.

use super::config::OtlpTemporality;
use crate::descriptor::Kind;
use crate::export::push::Change;
use crate::family::{Family, Series};

/// A data point.
#[derive(Debug)]
pub(super) struct Point<'a> {
    pub(super) family: &'a Family,
    pub(super) series: &'a Series,
    /// In nanoseconds since 1970, as the time; 0 for a gauge, which has no beginning.
    pub(super) start: u64,
    pub(super) time: u64,
    pub(super) amount: Amount<'a>,
}

#[derive(Debug)]
pub(super) enum Amount<'a> {
    Whole(i64),
    Real(f64),
    Buckets(Buckets<'a>),
}

/// A histogram, or the difference of two.
#[derive(Debug)]
pub(super) struct Buckets<'a> {
    pub(super) bounds: &'static [f64],
    /// Left out where it could fall ("Histogram" in metrics.proto), or is not a number any more.
    pub(super) sum: Option<f64>,
    now: &'a [u64],
    /// Empty where everything is wanted.
    sent: &'a [u64],
}

impl Buckets<'_> {
    /// Observations in each bucket by itself, the last up to infinity.
    pub(super) fn counts(&self) -> impl ExactSizeIterator<Item = u64> {
        (0..self.now.len()).map(|bucket| {
            let count = self.now.get(bucket).copied().unwrap_or_default();
            count.wrapping_sub(self.sent.get(bucket).copied().unwrap_or_default())
        })
    }

    pub(super) fn count(&self) -> u64 {
        self.counts().fold(0, u64::wrapping_add)
    }
}

impl<'a> Point<'a> {
    /// What is to be sent of a series, if anything: of differences only what changed, and of gauges always all,
    /// since a back end takes one that is silent for gone.
    pub(super) fn of(change: &Change<'a>, temporality: OtlpTemporality, time: u64) -> Option<Self> {
        let Change {
            family,
            series,
            sent,
            now,
            times,
            ..
        } = *change;
        let definition = &family.definition;
        let is_delta = temporality == OtlpTemporality::Delta && definition.kind != Kind::Gauge;
        if is_delta && sent == now {
            return None;
        }
        let sent = if is_delta { sent } else { &[] };
        let (number, numbers) = now.split_first()?;
        let before = sent.first().copied();
        let real = f64::from_bits(*number) - before.map_or(0.0, f64::from_bits);
        let amount = match (definition.kind, definition.real) {
            (Kind::Counter, false) => whole(number.wrapping_sub(before.unwrap_or_default())),
            (Kind::Counter, true) | (Kind::Gauge, _) => Amount::Real(real),
            (Kind::Histogram, _) => {
                let can_fall = definition.bounds.first().is_some_and(|bound| *bound < 0.0);
                Amount::Buckets(Buckets {
                    bounds: definition.bounds,
                    sum: Some(real).filter(|sum| sum.is_finite() && *sum >= 0.0 && !can_fall),
                    now: numbers,
                    sent: sent.get(1..).unwrap_or_default(),
                })
            }
        };
        if matches!(amount, Amount::Real(real) if !real.is_finite()) {
            return None;
        }
        Some(Self {
            family,
            series,
            start: match definition.kind {
                Kind::Gauge => 0,
                _ if is_delta => times.delivered,
                _ => times.born,
            },
            time,
            amount,
        })
    }
}

/// The format has no integers beyond 2^63, where a real is as good.
#[expect(clippy::cast_precision_loss, reason = "there is no exact form")]
fn whole(count: u64) -> Amount<'static> {
    i64::try_from(count).map_or(Amount::Real(count as f64), Amount::Whole)
}

/// A unit as UCUM spells it. A metric without a unit has none rather than `1`, which receivers take for a ratio.
pub(super) fn ucum(unit: Option<&str>) -> &'static str {
    match unit {
        Some("seconds") => "s",
        Some("bytes") => "By",
        Some("ratio") => "1",
        Some("meters" | "metres") => "m",
        Some("grams") => "g",
        Some("joules") => "J",
        Some("volts") => "V",
        Some("amperes") => "A",
        Some("celsius") => "Cel",
        Some("kelvin") => "K",
        _ => "",
    }
}
