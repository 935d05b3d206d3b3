//! What an exporter delivered, beside what there is: for exporters that send differences.
//!
//! In one file, since everything here keeps the same three lists of a family in step.

use crate::descriptor::Kind;
use crate::export::push::{Account, Numbers, Reader};
use crate::export::sources::Sources;
use crate::family::{Family, Series};
use crate::registry;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Removed families that are kept because something of them is to be delivered yet. While a peer is away, metrics by
/// name could otherwise come and go without end.
const MOST_GONE: usize = 1000;

/// The numbers of every series as they were delivered, and as they were last read.
///
/// A series is kept alive here until what was recorded in it is delivered, even if it was removed meanwhile. Memory
/// is 16 bytes for each number of a series (one for a counter or gauge, the sum and each bucket of a histogram) and
/// about 40 for the series.
///
/// An exporter may keep something of its own beside each series, such as how it writes its name: a `T`.
#[derive(Debug)]
pub(crate) struct Baseline<T = ()> {
    families: Vec<Kept<T>>,
    reader: Reader,
    /// What the sources had when they were last read.
    current: Vec<Arc<Family>>,
    /// When that was, in nanoseconds since 1970.
    read_at: u64,
    /// Recordings of removed families for which there was no place.
    lost: u64,
    /// Rises whenever places change.
    version: u64,
}

/// A family with its numbers.
#[derive(Debug)]
struct Kept<T> {
    family: Arc<Family>,
    /// Whether it was removed.
    is_gone: bool,
    /// Numbers of one series.
    width: usize,
    /// The series as the family last listed them; others follow in `series` that are gone from it.
    listed: Arc<[Arc<Series>]>,
    series: Vec<Entry<T>>,
    sent: Vec<u64>,
    now: Vec<u64>,
}

#[derive(Debug)]
struct Entry<T> {
    series: Arc<Series>,
    /// The exporter's own.
    data: T,
    /// Whether it was ever delivered: a gauge at zero is news once.
    delivered: bool,
    /// Whether its value could be read this time.
    read: bool,
    /// Whether it was removed: it is not read again, so that what a handle still records stays unseen.
    gone: bool,
    times: Times,
}

/// Moments in the life of a series, in nanoseconds since 1970.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(feature = "otlp"),
    expect(dead_code, reason = "sent by OTLP alone")
)]
pub(crate) struct Times {
    /// When it was not there yet: when all was read before it was first seen, or the first metric was made.
    pub(crate) born: u64,
    /// Up to when all that was recorded in it is delivered.
    pub(crate) delivered: u64,
}

/// Where a series is in a baseline, until it is read again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    family: u32,
    series: u32,
}

/// A series with what was sent and what is there, while the places of all change.
type Known<T> = (Entry<T>, Vec<u64>, Vec<u64>);

/// A series that has something to deliver.
///
/// The numbers of a counter are its count (or, of reals, the bits of its total), those of a gauge the bits of its
/// value, those of a histogram the bits of its sum and then the count of each bucket by itself.
#[derive(Debug)]
#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "of some of the exporters"
)]
pub(crate) struct Change<'a, T = ()> {
    pub(crate) place: Place,
    pub(crate) family: &'a Family,
    pub(crate) series: &'a Series,
    #[cfg_attr(
        not(feature = "statsd"),
        expect(dead_code, reason = "StatsD keeps names there")
    )]
    pub(crate) data: &'a T,
    pub(crate) sent: &'a [u64],
    pub(crate) now: &'a [u64],
    /// Whether it was delivered before: what never was is news even at zero.
    pub(crate) delivered: bool,
    /// Whether it was removed: this is its last value, and there may be another of its name.
    pub(crate) gone: bool,
    #[cfg_attr(
        not(feature = "otlp"),
        expect(dead_code, reason = "sent by OTLP alone")
    )]
    pub(crate) times: Times,
}

impl<T> Default for Baseline<T> {
    fn default() -> Self {
        Self {
            families: Vec::new(),
            reader: Reader::default(),
            current: Vec::new(),
            read_at: 0,
            lost: 0,
            version: 0,
        }
    }
}

impl<T: Default> Baseline<T> {
    /// Reads everything.
    pub(crate) fn read(&mut self, sources: &Sources) {
        let previous = match self.read_at {
            0 => nanoseconds(registry::began()),
            at => at,
        };
        sources.families_into(&mut self.current, "");
        self.follow(previous);
        for kept in &mut self.families {
            kept.read(&mut self.reader, previous);
        }
        // A series may go while it is read.
        registry::wait_for_sweeps();
        for kept in &mut self.families {
            kept.read_as_they_went();
        }
        self.current.clear();
        // After what is read, and never before the last time, whatever the clock says.
        self.read_at = nanoseconds(SystemTime::now()).max(previous);
    }

    /// When everything was last read, in nanoseconds since 1970.
    #[cfg(feature = "otlp")]
    pub(crate) const fn read_at(&self) -> u64 {
        self.read_at
    }

    /// Every series that could be read, whether it has something to deliver or not, from a place on.
    #[cfg(feature = "otlp")]
    pub(crate) fn every_from(&self, from: Place) -> impl Iterator<Item = Change<'_, T>> {
        (from.family..)
            .zip(self.families.iter().skip(from.family as usize))
            .flat_map(move |(family, kept)| {
                let begin = if family == from.family {
                    from.series
                } else {
                    0
                };
                kept.every(family, begin)
            })
    }

    /// Makes the kept families those of `current`, beside those that are gone and have something to deliver.
    fn follow(&mut self, previous: u64) {
        let same = self.families.len() == self.current.len()
            && self
                .families
                .iter()
                .zip(&self.current)
                .all(|(kept, family)| Arc::ptr_eq(&kept.family, family));
        if !same {
            let mut known: HashMap<usize, Kept<T>> = std::mem::take(&mut self.families)
                .into_iter()
                .map(|kept| (Arc::as_ptr(&kept.family).addr(), kept))
                .collect();
            for family in &self.current {
                let mut kept = known.remove(&Arc::as_ptr(family).addr());
                if let Some(kept) = kept.as_mut().filter(|kept| kept.is_gone) {
                    // It is back: listed anew, so that its series are read again.
                    kept.is_gone = false;
                    kept.listed = Arc::new([]);
                }
                self.families
                    .push(kept.unwrap_or_else(|| Kept::new(Arc::clone(family))));
            }
            let mut gone: Vec<Kept<T>> = known
                .into_values()
                .filter_map(|kept| kept.gone(&mut self.reader))
                .collect();
            // By name, so that what is sent first does not depend on a hash.
            gone.sort_by(|a, b| a.family.definition.name.cmp(&b.family.definition.name));
            for kept in gone.drain(gone.len().min(MOST_GONE)..) {
                let changes = kept.changes(0, 0);
                let lost = changes.fold(0, |lost, change| change.recordings().wrapping_add(lost));
                self.lost = self.lost.wrapping_add(lost);
            }
            self.families.append(&mut gone);
            self.version += 1;
        }
        for kept in &mut self.families {
            self.version += u64::from(kept.follow(&mut self.reader, previous));
        }
    }

    /// The series that have something to deliver, as they were last read.
    pub(crate) fn changes(&self) -> impl Iterator<Item = Change<'_, T>> {
        self.changes_from(Place::default())
    }

    /// Those of them from a place on.
    pub(crate) fn changes_from(&self, from: Place) -> impl Iterator<Item = Change<'_, T>> {
        (from.family..)
            .zip(self.families.iter().skip(from.family as usize))
            .flat_map(move |(family, kept)| {
                let begin = if family == from.family {
                    from.series
                } else {
                    0
                };
                kept.changes(family, begin)
            })
    }

    /// All series as they were last read, whether they have something to deliver or not: for exporters that send
    /// totals.
    pub(crate) fn series(&self) -> impl Iterator<Item = Change<'_, T>> {
        (0..)
            .zip(&self.families)
            .flat_map(|(family, kept)| kept.entries(family, 0).map(|(_, change)| change))
    }

    /// Counts one number of a series as delivered up to `value`.
    #[allow(
        dead_code,
        clippy::allow_attributes,
        reason = "of some of the exporters"
    )]
    pub(crate) fn advance(&mut self, place: Place, number: usize, value: u64) {
        if let Some(kept) = self.families.get_mut(place.family as usize) {
            let mut sent = kept.sent.chunks_exact_mut(kept.width);
            if let Some(sent) = sent
                .nth(place.series as usize)
                .and_then(|sent| sent.get_mut(number))
            {
                *sent = value;
            }
            if let Some(entry) = kept.series.get_mut(place.series as usize) {
                entry.delivered = true;
            }
        }
    }

    /// Counts everything of a series as delivered, as it was last read.
    #[allow(
        dead_code,
        clippy::allow_attributes,
        reason = "of some of the exporters"
    )]
    pub(crate) fn deliver(&mut self, place: Place) {
        if let Some(kept) = self.families.get_mut(place.family as usize) {
            let numbers = place.series as usize * kept.width..;
            let numbers = numbers.start..numbers.start + kept.width;
            if let (Some(sent), Some(now)) =
                (kept.sent.get_mut(numbers.clone()), kept.now.get(numbers))
            {
                sent.copy_from_slice(now);
            }
            if let Some(entry) = kept.series.get_mut(place.series as usize) {
                entry.delivered = true;
            }
        }
    }

    /// Counts everything as delivered, as it was last read.
    #[allow(
        dead_code,
        clippy::allow_attributes,
        reason = "of some of the exporters"
    )]
    pub(crate) fn deliver_all(&mut self) {
        for kept in &mut self.families {
            let sent = kept.sent.chunks_exact_mut(kept.width);
            let numbers = sent.zip(kept.now.chunks_exact(kept.width));
            // What could not be read this time was not delivered either.
            let read = kept.series.iter_mut().zip(numbers);
            for (entry, (sent, now)) in read.filter(|(entry, _)| entry.read) {
                sent.copy_from_slice(now);
                entry.delivered = true;
            }
        }
    }

    /// How many recordings were read and not delivered, the library's own left out.
    pub(crate) fn pending(&self) -> u64 {
        let changes = self.changes();
        changes.fold(0, |pending, change| {
            pending.wrapping_add(change.recordings())
        })
    }

    /// As [`deliver_all`](Self::deliver_all), and puts it into the account.
    #[allow(
        dead_code,
        clippy::allow_attributes,
        reason = "of some of the exporters"
    )]
    pub(crate) fn deliver_all_in(&mut self, account: &Account) {
        account.delivered(self.pending());
        self.deliver_all();
        account.pending(0);
    }

    /// Counts series that cannot be sent, with what was recorded in them, as dropped.
    #[allow(
        dead_code,
        clippy::allow_attributes,
        reason = "of some of the exporters"
    )]
    pub(crate) fn leave_out(
        &mut self,
        left_out: impl Iterator<Item = (Place, u64)>,
        account: &Account,
    ) {
        for (place, recordings) in left_out {
            account.dropped(recordings);
            self.deliver(place);
        }
    }
}

/// For exporters that send single recordings too.
#[cfg(feature = "statsd")]
impl<T> Baseline<T> {
    /// A number that rises whenever places change.
    pub(crate) const fn version(&self) -> u64 {
        self.version
    }

    /// The series with their places.
    pub(crate) fn places(&self) -> impl Iterator<Item = (Place, &Series)> {
        (0..).zip(&self.families).flat_map(|(family, kept)| {
            (0..)
                .zip(&kept.series)
                .map(move |(series, entry)| (Place { family, series }, &*entry.series))
        })
    }

    /// What is at a place.
    pub(crate) fn at(&self, place: Place) -> Option<(&Family, &Series, &T)> {
        let kept = self.families.get(place.family as usize)?;
        let entry = kept.series.get(place.series as usize)?;
        Some((&kept.family, &entry.series, &entry.data))
    }
}

impl<T> Baseline<T> {
    /// How many recordings were lost since this was last asked, because too many families were removed before they
    /// were delivered.
    #[allow(
        dead_code,
        clippy::allow_attributes,
        reason = "of some of the exporters"
    )]
    pub(crate) fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }
}

/// For exporters that send the totals of what there is, each time all of them.
impl<T: Default> Baseline<T> {
    /// The families that are there, each with the series that could be read, and their numbers as
    /// [`Change::now`] has them.
    #[allow(
        dead_code,
        clippy::allow_attributes,
        reason = "of some of the exporters"
    )]
    pub(crate) fn present(
        &self,
    ) -> impl Iterator<Item = (&Family, impl Iterator<Item = (&Series, &[u64])>)> {
        let present = self.families.iter().filter(|kept| !kept.is_gone);
        present.map(|kept| (&*kept.family, kept.present()))
    }

    /// Counts what was removed with something to deliver as delivered; returns how many recordings that were.
    #[allow(
        dead_code,
        clippy::allow_attributes,
        reason = "of some of the exporters"
    )]
    pub(crate) fn forget_gone(&mut self) -> u64 {
        let mut recordings = self.take_lost();
        for kept in &mut self.families {
            recordings = recordings.wrapping_add(kept.forget_gone());
        }
        recordings
    }
}

impl<T: Default> Kept<T> {
    #[allow(
        dead_code,
        clippy::allow_attributes,
        reason = "of some of the exporters"
    )]
    fn present(&self) -> impl Iterator<Item = (&Series, &[u64])> {
        let series = self.series.iter().zip(self.now.chunks_exact(self.width));
        series
            .filter(|(entry, _)| entry.read && !entry.gone)
            .map(|(entry, now)| (&*entry.series, now))
    }

    #[allow(
        dead_code,
        clippy::allow_attributes,
        reason = "of some of the exporters"
    )]
    fn forget_gone(&mut self) -> u64 {
        let mut recordings = 0_u64;
        let numbers = self
            .sent
            .chunks_exact_mut(self.width)
            .zip(self.now.chunks_exact(self.width));
        for (entry, (sent, now)) in self.series.iter_mut().zip(numbers) {
            if entry.gone && entry.read {
                let change = Change {
                    place: Place {
                        family: 0,
                        series: 0,
                    },
                    family: &self.family,
                    series: &entry.series,
                    data: &entry.data,
                    sent,
                    now,
                    delivered: entry.delivered,
                    gone: true,
                    times: entry.times,
                };
                recordings = recordings.wrapping_add(change.recordings());
                sent.copy_from_slice(now);
            }
        }
        recordings
    }
}

impl<T: Default> Kept<T> {
    fn new(family: Arc<Family>) -> Self {
        let definition = &family.definition;
        Self {
            width: match definition.kind {
                Kind::Counter | Kind::Gauge => 1,
                Kind::Histogram => definition.bounds.len() + 2,
            },
            family,
            is_gone: false,
            listed: Arc::new([]),
            series: Vec::new(),
            sent: Vec::new(),
            now: Vec::new(),
        }
    }

    /// Makes the series those that the family lists, beside those that are gone and have something to deliver.
    /// Returns whether that changed places.
    fn follow(&mut self, reader: &mut Reader, previous: u64) -> bool {
        if self.is_gone {
            return false;
        }
        let listed = self.family.all();
        let some_gone = self.series.len() > self.listed.len();
        if Arc::ptr_eq(&listed, &self.listed) && !some_gone {
            return false;
        }
        let mut known: HashMap<usize, Known<T>> = HashMap::new();
        let numbers = self
            .sent
            .chunks(self.width)
            .zip(self.now.chunks(self.width));
        for (entry, (sent, now)) in self.series.drain(..).zip(numbers) {
            let at = Arc::as_ptr(&entry.series).addr();
            known.insert(at, (entry, sent.to_vec(), now.to_vec()));
        }
        self.sent.clear();
        self.now.clear();
        for one in listed.iter() {
            let before = known.remove(&Arc::as_ptr(one).addr());
            let entry = if let Some((entry, sent, _)) = before {
                self.sent.extend_from_slice(&sent);
                Entry {
                    read: false,
                    gone: false,
                    ..entry
                }
            } else {
                self.sent.resize(self.sent.len() + self.width, 0);
                Entry {
                    series: Arc::clone(one),
                    data: T::default(),
                    delivered: false,
                    read: false,
                    gone: false,
                    times: Times {
                        born: previous,
                        delivered: previous,
                    },
                }
            };
            self.now.resize(self.sent.len(), 0);
            self.series.push(entry);
        }
        // In the order of their labels, as the others are.
        let mut gone: Vec<_> = known.into_values().collect();
        gone.sort_by(|(a, ..), (b, ..)| self.family.order(&a.series, &b.series));
        for (mut entry, sent, mut now) in gone {
            self.let_go(&mut entry, &mut now, reader);
            if entry.read && self.counted(&now) != self.counted(&sent) {
                self.sent.extend_from_slice(&sent);
                self.now.extend_from_slice(&now);
                self.series.push(entry);
            }
        }
        self.listed = listed;
        true
    }

    /// The family was removed: what is left of it to deliver.
    fn gone(mut self, reader: &mut Reader) -> Option<Self> {
        if !self.is_gone {
            self.is_gone = true;
            let mut now = std::mem::take(&mut self.now);
            let mut series = std::mem::take(&mut self.series);
            for (entry, now) in series.iter_mut().zip(now.chunks_mut(self.width)) {
                self.let_go(entry, now, reader);
            }
            self.now = now;
            self.series = series;
        }
        let some = self
            .changes(0, 0)
            .any(|change| self.counted(change.sent) != self.counted(change.now));
        some.then_some(self)
    }

    /// The numbers for which a removed series is kept: what is left of a sum alone could never be sent.
    fn counted<'a>(&self, numbers: &'a [u64]) -> &'a [u64] {
        match self.family.definition.kind {
            Kind::Histogram => numbers.get(1..).unwrap_or_default(),
            Kind::Counter | Kind::Gauge => numbers,
        }
    }

    /// Reads a removed series for the last time. A gauge that is gone is not news.
    fn let_go(&self, entry: &mut Entry<T>, now: &mut [u64], reader: &mut Reader) {
        if entry.gone {
            return;
        }
        entry.gone = true;
        entry.read = self.family.definition.kind != Kind::Gauge
            && (as_it_went(&entry.series, now)
                || reader
                    .read(&self.family, &entry.series)
                    .is_some_and(|numbers| store(now, &numbers)));
    }

    fn read(&mut self, reader: &mut Reader, previous: u64) {
        let numbers = self
            .sent
            .chunks_exact(self.width)
            .zip(self.now.chunks_exact_mut(self.width));
        for (entry, (sent, now)) in self.series.iter_mut().zip(numbers) {
            if entry.read && sent == now {
                // All that was read last time.
                entry.times.delivered = previous;
            }
            if entry.gone {
                continue;
            }
            let numbers = reader.read(&self.family, &entry.series);
            entry.read = numbers.is_some_and(|numbers| store(now, &numbers));
        }
    }

    /// Gives series that went while they were read the numbers with which they went.
    fn read_as_they_went(&mut self) {
        let numbers = self.now.chunks_exact_mut(self.width);
        for (entry, now) in self.series.iter().zip(numbers) {
            as_it_went(&entry.series, now);
        }
    }

    fn changes(&self, family: u32, begin: u32) -> impl Iterator<Item = Change<'_, T>> {
        let gauge = self.family.definition.kind == Kind::Gauge;
        self.entries(family, begin)
            .filter(move |(entry, change)| change.sent != change.now || (gauge && !entry.delivered))
            .map(|(_, change)| change)
    }

    #[cfg(feature = "otlp")]
    fn every(&self, family: u32, begin: u32) -> impl Iterator<Item = Change<'_, T>> {
        self.entries(family, begin).map(|(_, change)| change)
    }

    /// The series that could be read, from a place on.
    fn entries(&self, family: u32, begin: u32) -> impl Iterator<Item = (&Entry<T>, Change<'_, T>)> {
        let numbers = self
            .sent
            .chunks_exact(self.width)
            .zip(self.now.chunks_exact(self.width));
        (begin..)
            .zip(self.series.iter().zip(numbers).skip(begin as usize))
            .filter(|(_, (entry, _))| entry.read)
            .map(move |(series, (entry, (sent, now)))| {
                let change = Change {
                    place: Place { family, series },
                    family: &self.family,
                    series: &entry.series,
                    data: &entry.data,
                    sent,
                    now,
                    delivered: entry.delivered,
                    gone: entry.gone,
                    times: entry.times,
                };
                (entry, change)
            })
    }
}

/// Puts the numbers in their places with which a series went, if it went because it was idle. What is recorded into it
/// since is passed on to the one that has its labels by now, and sent with that.
fn as_it_went(series: &Series, to: &mut [u64]) -> bool {
    let Some(went) = series.went() else {
        return false;
    };
    to.iter_mut().zip(went).for_each(|(to, went)| *to = went);
    true
}

/// Puts the numbers of a series in their places; always as many as there are.
fn store(to: &mut [u64], numbers: &Numbers<'_>) -> bool {
    match (to, numbers) {
        ([to], Numbers::Count(count)) => *to = *count,
        ([to], Numbers::Total(real) | Numbers::Gauge(real)) => *to = real.to_bits(),
        ([to, buckets @ ..], Numbers::Histogram { counts, sum, .. })
            if buckets.len() == counts.len() =>
        {
            *to = sum.to_bits();
            buckets.copy_from_slice(counts);
        }
        _ => return false,
    }
    true
}

impl<T> Change<'_, T> {
    /// How many recordings are to be delivered; none where they cannot be counted, or are the library's own.
    pub(crate) fn recordings(&self) -> u64 {
        let definition = &self.family.definition;
        if self.family.is_own() {
            return 0;
        }
        let (sent, now) = match (definition.kind, definition.real) {
            (Kind::Counter, false) => (self.sent, self.now),
            (Kind::Histogram, _) => (
                self.sent.get(1..).unwrap_or_default(),
                self.now.get(1..).unwrap_or_default(),
            ),
            (Kind::Counter, true) | (Kind::Gauge, _) => return 0,
        };
        now.iter().zip(sent).fold(0, |all, (now, sent)| {
            all.wrapping_add(now.wrapping_sub(*sent))
        })
    }
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
#[cfg(test)]
mod tests;
