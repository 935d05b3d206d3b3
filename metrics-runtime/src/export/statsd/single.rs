//! Recordings sent one by one, where they are not added up.
//!
//! They come from a queue, a few milliseconds after they were recorded, and name their series by its cell. What is not
//! in the queue still is in the cells: gauges whose events were lost, or that change without one, are sent by the next
//! flush, which also counts what became of all recordings.

use super::NAME;
use super::batch::Line;
use super::config::StatsdHistogramType;
use super::flush::{Statsd, begin, end, range};
use super::number::{write_f64, write_u64};
use crate::events::{Event, Events, Source, What};
use crate::export::push::{Account, Failure, Place, Round};
use crate::report;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

/// How long the queue is left alone after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// What is known about single recordings.
#[derive(Debug)]
pub(super) struct Single {
    rate: f64,
    /// `None` until everything that was recorded before has been sent.
    events: Option<Events>,
    /// Where the series are, as of this version of the baseline.
    places: HashMap<Source, Place>,
    version: u64,
    /// What is not ours: metrics by name that go to other exporters.
    strange: HashSet<Source>,
    /// An event whose series is not known yet.
    waiting: Option<Event>,
    /// Recordings that could not be sent.
    pub(super) dropped: u64,
    /// When the queue is looked at again after a failure.
    again: Option<Instant>,
}

impl Single {
    pub(super) fn new(rate: f64) -> Self {
        Self {
            rate,
            events: None,
            places: HashMap::new(),
            version: 0,
            strange: HashSet::new(),
            waiting: None,
            dropped: 0,
            again: None,
        }
    }

    pub(super) const fn has_begun(&self) -> bool {
        self.events.is_some()
    }

    /// Begins to queue events, and returns whether it was now. Where too many exporters do so already, everything is
    /// added up.
    pub(super) fn begin(&mut self) -> bool {
        if self.events.is_none() {
            self.events = Events::begin(self.rate);
            if self.events.is_none() {
                tracing::warn!(target: report::TARGET, exporter = NAME, "too many exporters send every recording by itself: this one adds them up");
            }
            return self.events.is_some();
        }
        false
    }

    fn next(&mut self) -> Option<Event> {
        self.waiting.take().or_else(|| self.events.as_mut()?.next())
    }
}

impl Statsd {
    /// Sends what is in the queue, unless that failed a moment ago.
    pub(super) async fn send_some_events(&mut self, round: &Round<'_>) {
        let single = self.single.as_ref();
        let again = single.and_then(|single| single.again);
        if again.is_none_or(|again| again <= Instant::now()) {
            // Counted as dropped, and reported by the next export, which fails too.
            let _ = self.send_events(round).await;
        }
    }

    /// Sends what is in the queue.
    pub(super) async fn send_events(&mut self, round: &Round<'_>) -> Result<(), Failure> {
        if !self.single.as_ref().is_some_and(Single::has_begun) {
            return Ok(());
        }
        let mark = Events::mark();
        let result = self.send_queue(round).await;
        if let Some(single) = &mut self.single {
            single.again = result.is_err().then(|| Instant::now() + AFTER_FAILURE);
            if result.is_ok()
                && let Some(events) = &single.events
            {
                events.read_up_to(mark);
            }
        }
        result
    }

    async fn send_queue(&mut self, round: &Round<'_>) -> Result<(), Failure> {
        self.settle(round.account);
        self.finish_line(round.account).await?;
        // No more than the queue held: whoever records faster than it is sent must not keep an export from its turn.
        for _ in 0..256 {
            if !self.pack(round) {
                return Ok(());
            }
            self.send(round).await?;
        }
        Ok(())
    }

    /// Packs events until the batch is full, or the queue empty. Returns whether there is something to send.
    fn pack(&mut self, round: &Round<'_>) -> bool {
        self.batch.clear();
        let Some(single) = &mut self.single else {
            return false;
        };
        while !self.batch.is_full()
            && let Some(event) = single.next()
        {
            let known = single.version == self.baseline.version();
            let mut place = single.places.get(&event.source).copied().filter(|_| known);
            if place.is_none() && !(known && single.strange.contains(&event.source)) {
                if !self.batch.is_empty() {
                    // What is packed has places that the next reading may change.
                    single.waiting = Some(event);
                    return true;
                }
                self.baseline.read(round.sources);
                if single.version != self.baseline.version() {
                    single.version = self.baseline.version();
                    single.strange.clear();
                    single.places.clear();
                    let series = self.baseline.places();
                    single
                        .places
                        .extend(series.map(|(place, series)| (series.source(), place)));
                }
                place = single.places.get(&event.source).copied();
                if place.is_none() {
                    single.strange.insert(event.source);
                }
            }
            let Some(place) = place else { continue };
            let Some((family, series, name)) = self.baseline.at(place) else {
                continue;
            };
            let name = name.get_or_init(|| self.writer.names.write(family, series));
            if family.is_own() || self.writer.names.is_left_out(name, family, series) {
                continue;
            }
            let recordings = event.what.recordings();
            let kind = self.writer.histogram_type;
            let range = range(&family.definition, kind);
            let rate = &*self.writer.rate;
            let line = Line {
                place,
                number: None,
                value: 0,
                sum: None,
                recordings,
            };
            let too_long = self.batch.too_long().len();
            match event.what {
                What::Count(count) => self.batch.push(line, |out| {
                    begin(out, name);
                    write_u64(out, count);
                    out.push_str("|c");
                    out.push_str(rate);
                    end(out, name);
                }),
                What::Total(real) => self.batch.push(line, |out| {
                    begin(out, name);
                    write_f64(out, real);
                    out.push_str("|c");
                    out.push_str(rate);
                    end(out, name);
                }),
                What::Observation(real) => self.batch.push(line, |out| {
                    let scaled = (real * range.scale).clamp(f64::MIN, f64::MAX);
                    begin(out, name);
                    // Servers refuse a negative timing.
                    let least = if kind == StatsdHistogramType::Timing {
                        0.0
                    } else {
                        f64::MIN
                    };
                    write_f64(out, scaled.max(least));
                    out.push('|');
                    out.push_str(kind.as_str());
                    out.push_str(rate);
                    end(out, name);
                }),
                What::Gauge(value) if value.is_finite() => {
                    let line = Line {
                        number: Some(0),
                        value: value.to_bits(),
                        ..line
                    };
                    self.batch
                        .push(line, |out| super::flush::gauge_lines(out, name, value));
                }
                What::Gauge(_) => {}
            }
            if self.batch.too_long().len() > too_long {
                single.dropped += recordings;
                report::export(NAME, "encoding", &family.definition.name);
            }
        }
        !self.batch.is_empty()
    }

    /// Counts what became of the recordings that were sent one by one, or left out by chance, since the last flush.
    pub(super) fn count_what_was_told(&mut self, account: &Account) {
        let mut recordings = 0;
        for (place, told) in self.writer.told.drain(..) {
            recordings += told;
            self.baseline.deliver(place);
        }
        let Some(single) = &mut self.single else {
            return;
        };
        if let Some(events) = &mut single.events {
            single.dropped += events.dropped();
        }
        // More may have been dropped than was read: then the rest is seen by the next flush.
        let dropped = single.dropped.min(recordings);
        single.dropped -= dropped;
        account.dropped(dropped);
        account.delivered(recordings - dropped);
        self.settled(recordings, account);
    }
}
