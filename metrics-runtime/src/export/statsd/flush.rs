//! One flush: what changed, as lines in packets, and what became of each packet.

use super::NAME;
use super::batch::{Batch, Line};
use super::config::{StatsdConfig, StatsdHistogramType, StatsdTransport};
use super::link::Link;
use super::names::{Name, Names};
use super::number::{write_f64, write_u64};
use super::rate::{self, Parts};
use super::single::Single;
use super::spread::{Range, Spread};
use crate::descriptor::Kind;
use crate::export::push::{Account, Baseline, Boxed, Change, Failure, Place, Push, Round};
use crate::family::Definition;
use crate::report;
use instrumetrics_grammar as grammar;
use std::cell::OnceCell;
use std::io;

/// What the worker does.
#[derive(Debug)]
pub(super) struct Statsd {
    pub(super) baseline: Named,
    pub(super) writer: Writer,
    pub(super) batch: Batch,
    pub(super) link: Link,
    /// The packet that is being sent.
    packet: usize,
    /// Recordings that were read and are neither delivered nor dropped.
    pending: u64,
    pub(super) single: Option<Single>,
}

impl Statsd {
    pub(super) fn new(config: &StatsdConfig) -> Self {
        let link = match config.transport {
            StatsdTransport::Udp => Link::udp(&config.host, config.port),
            StatsdTransport::Tcp => Link::tcp(&config.host, config.port),
            #[cfg(unix)]
            StatsdTransport::Uds => Link::uds(config.socket.clone().unwrap_or_default()),
        };
        // A stream needs the line feed that a datagram goes without.
        let limit = config.packet_bytes() - usize::from(link.is_stream());
        Self {
            baseline: Baseline::default(),
            writer: Writer::new(config),
            batch: Batch::new(limit),
            link,
            packet: 0,
            pending: 0,
            single: (!config.aggregate).then(|| Single::new(config.sample_rate)),
        }
    }

    /// What changed, and, where every recording is sent by itself, what was recorded so far.
    async fn export(&mut self, round: &Round<'_>) -> Result<(), Failure> {
        self.send_events(round).await?;
        self.flush(round).await?;
        if self.single.as_mut().is_some_and(Single::begin) {
            // What was recorded before there were events is sent added up, this last time.
            self.writer.singly = false;
            self.flush(round).await?;
        }
        self.writer.singly = self.single.as_ref().is_some_and(Single::has_begun);
        Ok(())
    }

    async fn flush(&mut self, round: &Round<'_>) -> Result<(), Failure> {
        // Before anything is read again, which is when places change.
        self.settle(round.account);
        self.link.look(round.left()).await;
        self.baseline.read(round.sources);
        round.account.dropped(self.baseline.take_lost());
        self.pending = self.baseline.pending() + self.link.rest_recordings();
        round.account.pending(self.pending);
        self.finish_line(round.account).await?;
        let mut from = Some(Place::default());
        while let Some(first) = from {
            self.batch.clear();
            from = self.writer.fill(&mut self.batch, &self.baseline, first);
            self.drop_what_cannot_be_sent(round.account);
            self.count_what_was_told(round.account);
            self.send(round).await?;
        }
        Ok(())
    }

    /// Sends the packets of the batch.
    pub(super) async fn send(&mut self, round: &Round<'_>) -> Result<(), Failure> {
        self.packet = 0;
        while let Some(bytes) = self.batch.packet(self.packet) {
            let packet = self.batch.bytes(bytes.clone());
            if let Err(error) = self.link.send(packet, round.left()).await {
                let taken = bytes.start + self.link.written();
                self.delivered(bytes.start..taken, round.account);
                self.give_up(taken);
                return Err(failure(&error));
            }
            self.delivered(bytes, round.account);
            self.packet += 1;
        }
        self.batch.clear();
        Ok(())
    }

    /// Lets what follows in the batch be. Changes are found again by the next flush; single recordings are not.
    fn give_up(&mut self, from: usize) {
        if let Some(single) = &mut self.single {
            let lines = self.batch.lines(from..usize::MAX);
            let lines = lines.filter(|line| line.number.is_none());
            single.dropped += lines.map(|line| line.recordings).sum::<u64>();
        }
        self.batch.clear();
        self.packet = 0;
    }

    /// What became of a packet that was being sent when the last flush was cut off: a stream may have taken a part of
    /// it. The rest of a line that it took a part of has to follow, or the next would be read as its end.
    pub(super) fn settle(&mut self, account: &Account) {
        let Some(bytes) = self.batch.packet(self.packet) else {
            return;
        };
        let end = bytes.start + self.link.written();
        self.delivered(bytes.start..end, account);
        let mut after = end;
        if let Some((line_end, line)) = self.batch.cut_at(end) {
            let line = *line;
            // A gauge is sent once more instead, should the rest never be.
            let kind = self
                .baseline
                .at(line.place)
                .map(|(family, ..)| family.definition.kind);
            if kind != Some(Kind::Gauge) {
                advance(&mut self.baseline, &line);
            }
            let recordings = if line.number.is_some() {
                line.recordings
            } else {
                0
            };
            self.link
                .keep_rest(self.batch.bytes(end..line_end), recordings);
            after = line_end;
        }
        self.give_up(after);
    }

    /// Sends the rest of a line that was cut. Where the stream is gone, so is the line: what was taken of it, nobody
    /// reads.
    pub(super) async fn finish_line(&mut self, account: &Account) -> Result<(), Failure> {
        let sent = if self.link.has_rest() {
            self.link.send_rest().await
        } else {
            Ok(())
        };
        let lost = self.link.has_no_socket();
        let recordings = self.link.take_rest();
        if lost {
            account.dropped(recordings);
        } else {
            account.delivered(recordings);
        }
        self.settled(recordings, account);
        sent.map_err(|error| failure(&error))
    }

    /// Counts the lines in these bytes of the batch as delivered.
    fn delivered(&mut self, bytes: std::ops::Range<usize>, account: &Account) {
        let mut recordings = 0;
        for line in self.batch.lines(bytes) {
            // Of single recordings the cells tell how many there were.
            if line.number.is_some() {
                recordings += line.recordings;
            }
            advance(&mut self.baseline, line);
        }
        if recordings == 0 {
            return;
        }
        account.delivered(recordings);
        self.settled(recordings, account);
    }

    /// So many recordings are not pending any more.
    pub(super) fn settled(&mut self, recordings: u64, account: &Account) {
        self.pending = self.pending.saturating_sub(recordings);
        account.pending(self.pending);
    }

    /// Counts as dropped what no packet can take, and what another series' name would hide.
    fn drop_what_cannot_be_sent(&mut self, account: &Account) {
        let mut recordings = 0;
        for line in self.batch.too_long() {
            recordings += line.recordings;
            advance(&mut self.baseline, line);
        }
        for (place, lost) in self.writer.left_out.drain(..) {
            recordings += lost;
            self.baseline.deliver(place);
        }
        if recordings > 0 {
            account.dropped(recordings);
            self.settled(recordings, account);
        }
    }
}

pub(super) type Named = Baseline<OnceCell<Name>>;

fn advance(baseline: &mut Named, line: &Line) {
    if let Some(number) = line.number {
        baseline.advance(line.place, number, line.value);
    }
    if let Some(sum) = line.sum {
        baseline.advance(line.place, 0, sum);
    }
}

fn failure(error: &io::Error) -> Failure {
    Failure::io(error)
}

impl Push for Statsd {
    fn push<'a>(&'a mut self, round: &'a Round<'a>) -> Boxed<'a, Result<(), Failure>> {
        Box::pin(self.export(round))
    }

    fn meanwhile<'a>(&'a mut self, round: &'a Round<'a>) -> Boxed<'a, ()> {
        Box::pin(self.send_some_events(round))
    }
}

/// Writes changes as lines.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) names: Names,
    parts: Parts,
    spread: Spread,
    pub(super) histogram_type: StatsdHistogramType,
    /// Series that are not sent, with what was recorded in them.
    left_out: Vec<(Place, u64)>,
    /// Whether recordings are sent one by one.
    singly: bool,
    /// Series whose recordings were sent so, with how many there were.
    pub(super) told: Vec<(Place, u64)>,
    /// What follows the type of a sampled value.
    pub(super) rate: String,
}

impl Writer {
    fn new(config: &StatsdConfig) -> Self {
        Self {
            names: Names::new(
                config.dialect,
                &config.dotted_prefix(),
                &config.const_labels,
            ),
            parts: Parts::new(),
            spread: Spread::new(),
            histogram_type: config.histogram_type(),
            left_out: Vec::new(),
            singly: false,
            told: Vec::new(),
            rate: if config.sample_rate < 1.0 {
                let mut rate = "|@".to_owned();
                write_f64(&mut rate, config.sample_rate);
                rate
            } else {
                String::new()
            },
        }
    }

    /// Fills a batch with the changes from a place on, and returns where to go on.
    fn fill(&mut self, batch: &mut Batch, baseline: &Named, first: Place) -> Option<Place> {
        for change in baseline.changes_from(first) {
            if batch.is_full() {
                return Some(change.place);
            }
            let kind = change.family.definition.kind;
            if self.singly && kind != Kind::Gauge && !change.family.is_own() {
                self.told.push((change.place, change.recordings()));
                continue;
            }
            let name = change
                .data
                .get_or_init(|| self.names.write(change.family, change.series));
            let definition = &change.family.definition;
            if self.names.is_left_out(name, change.family, change.series) {
                self.leave_out(&change, "collision");
                continue;
            }
            let too_long = batch.too_long().len();
            let written = match (definition.kind, definition.real) {
                (Kind::Counter, false) => count(batch, name, &change),
                (Kind::Counter, true) => total(batch, name, &change),
                (Kind::Gauge, _) => gauge(batch, name, &change),
                (Kind::Histogram, _) => self.histogram(batch, name, &change),
            };
            if written.is_none() {
                self.leave_out(&change, "encoding");
            } else if batch.too_long().len() > too_long {
                report::export(NAME, "encoding", &definition.name);
            }
        }
        None
    }

    fn leave_out(&mut self, change: &Change<'_, OnceCell<Name>>, error_type: &str) {
        report::export(NAME, error_type, &change.family.definition.name);
        self.left_out.push((change.place, change.recordings()));
    }

    /// A line for each bucket that moved, or several where its count has no rate of its own.
    fn histogram(
        &mut self,
        batch: &mut Batch,
        name: &Name,
        change: &Change<'_, OnceCell<Name>>,
    ) -> Option<()> {
        let definition = &change.family.definition;
        let ([sum_sent, sent @ ..], [sum_now, now @ ..]) = (change.sent, change.now) else {
            return None;
        };
        let own = change.family.is_own();
        let range = range(definition, self.histogram_type);
        let (mut sum, sum_now) = (f64::from_bits(*sum_sent), f64::from_bits(*sum_now));
        let grown = now
            .iter()
            .zip(sent)
            .map(|(now, sent)| now.wrapping_sub(*sent));
        let moved = self
            .spread
            .over(definition.bounds, grown, sum_now - sum, range);
        for moved in moved {
            let mut at = sent.get(moved.bucket as usize).copied().unwrap_or(0);
            let mut left = moved.count;
            while left > 0 {
                let part = self.parts.first_of(left);
                left -= part;
                at = at.wrapping_add(part);
                #[expect(clippy::cast_precision_loss, reason = "a sum is an `f64`")]
                let weight = part as f64;
                sum += weight * moved.value / range.scale;
                let line = Line {
                    place: change.place,
                    number: Some(moved.bucket as usize + 1),
                    value: at,
                    sum: Some(if sum.is_finite() { sum } else { sum_now }.to_bits()),
                    recordings: if own { 0 } else { part },
                };
                batch.push(line, |out| {
                    begin(out, name);
                    write_f64(out, moved.value);
                    out.push('|');
                    out.push_str(self.histogram_type.as_str());
                    if part > 1 {
                        out.push_str("|@");
                        rate::write(out, part);
                    }
                    end(out, name);
                });
            }
        }
        Some(())
    }
}

/// How the values of a histogram are sent.
pub(super) fn range(definition: &Definition, histogram_type: StatsdHistogramType) -> Range {
    let timing = histogram_type == StatsdHistogramType::Timing;
    // What is named without a unit is taken for seconds where it has their bounds.
    let seconds = match definition.unit {
        Some(unit) => unit == "seconds",
        None => [grammar::SECONDS, grammar::JOB_SECONDS].contains(&definition.bounds),
    };
    Range {
        scale: if timing && seconds { 1000.0 } else { 1.0 },
        negative: !timing,
    }
}

/// A counter of whole things, as what it grew by.
fn count(batch: &mut Batch, name: &Name, change: &Change<'_, OnceCell<Name>>) -> Option<()> {
    let (sent, now) = (change.sent.first()?, change.now.first()?);
    batch.push(whole(change, *now), |out| {
        begin(out, name);
        write_u64(out, now.wrapping_sub(*sent));
        out.push_str("|c");
        end(out, name);
    });
    Some(())
}

/// A counter of reals, as what it grew by. One that outgrew its numbers cannot be sent any more.
fn total(batch: &mut Batch, name: &Name, change: &Change<'_, OnceCell<Name>>) -> Option<()> {
    let (sent, now) = (change.sent.first()?, change.now.first()?);
    let grown = f64::from_bits(*now) - f64::from_bits(*sent);
    if !grown.is_finite() {
        return None;
    }
    batch.push(whole(change, *now), |out| {
        begin(out, name);
        write_f64(out, grown);
        out.push_str("|c");
        end(out, name);
    });
    Some(())
}

fn gauge(batch: &mut Batch, name: &Name, change: &Change<'_, OnceCell<Name>>) -> Option<()> {
    let now = change.now.first()?;
    let value = f64::from_bits(*now);
    if !value.is_finite() {
        return None;
    }
    batch.push(whole(change, *now), |out| gauge_lines(out, name, value));
    Some(())
}

/// A gauge as it is. A sign would make it a difference, so a negative one is set to zero first, in the same packet.
pub(super) fn gauge_lines(out: &mut String, name: &Name, value: f64) {
    if value < 0.0 {
        begin(out, name);
        out.push_str("0|g");
        end(out, name);
    }
    begin(out, name);
    write_f64(out, value);
    out.push_str("|g");
    end(out, name);
}

/// The line of a series that has one number.
fn whole(change: &Change<'_, OnceCell<Name>>, now: u64) -> Line {
    Line {
        place: change.place,
        number: Some(0),
        value: now,
        sum: None,
        recordings: change.recordings(),
    }
}

pub(super) fn begin(out: &mut String, name: &Name) {
    out.push_str(name.head());
    out.push(':');
}

pub(super) fn end(out: &mut String, name: &Name) {
    out.push_str(name.tags());
    out.push('\n');
}
