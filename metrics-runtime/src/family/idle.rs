//! Series that nothing recorded into for a while: how they go, and why nothing is lost by it.
//!
//! A counter or histogram may be recorded into, by a thread that remembers it, while it is being removed: the thread
//! asks for no lock. So a series that is taken out of its family is *retired*, with the numbers it had then, and is
//! watched for as long as anything can reach it. What is recorded into it still, and only that, is added to the series
//! that has its labels since, before each reading of the registry. Its cells are used again after that.
//!
//! A gauge is pinned by its family, by handles and by operations under way; threads remember the pin weakly. It goes if its
//! family holds the only one, which is one atomic step, and if it was not touched until then.

use super::series::{Cells, GaugeNumbers, Held, Member, Series};
use super::{Family, Slot, tag};
use crate::cells;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};

/// What sweeps know of a series; nothing where there are none.
pub(super) struct Idle(OnceLock<Box<Looks>>);

/// Written by sweeps alone, which take turns.
struct Looks {
    /// Tells its numbers, and how often handles were taken and dropped, from earlier ones.
    print: AtomicU64,
    /// Since when it is as it is, in milliseconds.
    since: AtomicU64,
    /// The numbers that it had when it was taken out of its family.
    went: OnceLock<Totals>,
}

impl Idle {
    pub(super) const fn new() -> Self {
        Self(OnceLock::new())
    }

    fn look(&self, print: u64, now: u64) -> &Looks {
        self.0.get_or_init(|| {
            Box::new(Looks {
                print: AtomicU64::new(print),
                since: AtomicU64::new(now),
                went: OnceLock::new(),
            })
        })
    }
}

impl Series {
    /// Since when nothing changed, as far as earlier looks tell; `None` where it is never removed.
    fn idle_since(&self, now: u64) -> Option<u64> {
        let (touched, print) = match &self.gauge {
            Some(gauge) if gauge.is_watched() => return None,
            Some(gauge) => (gauge.take_touch(), 0),
            None if self.cells.handles == 0 => return None,
            None => (false, self.print()),
        };
        let looks = self.idle.look(print, now);
        // Relaxed, here and below: sweeps are ordered by the lock that they hold.
        if looks.print.swap(print, Relaxed) != print || touched {
            looks.since.store(now, Relaxed);
        }
        Some(looks.since.load(Relaxed))
    }

    /// Differs whenever one of its cells does.
    fn print(&self) -> u64 {
        let mut totals = vec![0; (cells::HANDLE_CELLS + self.width()) as usize];
        let (handles, numbers) = totals.split_at_mut(cells::HANDLE_CELLS as usize);
        cells::sum_all(self.cells.handles, handles);
        cells::sum_all(self.cells.numbers, numbers);
        totals.iter().fold(0, |print: u64, total| {
            (print ^ total)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .rotate_left(29)
        })
    }

    /// As at the last look, and without a handle.
    fn is_still_idle(&self) -> bool {
        let looks = self.idle.0.get();
        looks.is_some_and(|looks| looks.print.load(Relaxed) == self.print())
            && !cells::handles_alive(self.cells.handles)
    }

    /// The numbers that it had when it was taken out of its family because it was idle, if it was: the real one as its
    /// bits, then the counts. What is recorded into it since is passed on, and not its own any more.
    #[cfg(feature = "push")]
    pub(crate) fn went(&self) -> Option<impl Iterator<Item = u64>> {
        let totals = self.idle.0.get()?.went.get()?;
        let real = totals.real.map(f64::to_bits);
        Some(real.into_iter().chain(totals.counts.iter().copied()))
    }

    /// The cells of its numbers.
    fn width(&self) -> u32 {
        self.lease.as_ref().map_or(0, |lease| lease.width)
    }
}

/// The numbers of a counter or histogram at a moment.
#[derive(Clone, Debug, PartialEq)]
struct Totals {
    /// The total of a counter of reals, or the sum of a histogram.
    real: Option<f64>,
    counts: Vec<u64>,
}

impl Totals {
    fn of(series: &Series) -> Self {
        let reals = series.reals();
        let mut counts = vec![0; (series.width() - reals) as usize];
        let start = series.cell();
        cells::sum_all(start + reals, &mut counts);
        Self {
            real: (reals > 0).then(|| cells::sum_f64(start)),
            counts,
        }
    }

    /// Adds what came since `before` to these cells.
    fn add_since(&self, before: &Self, to: Cells) {
        let mut cell = to.numbers;
        if let (Some(now), Some(before)) = (self.real, before.real) {
            cells::add_f64(cell, now - before);
            cell += 1;
        }
        for (now, before) in self.counts.iter().zip(&before.counts) {
            let came = now.wrapping_sub(*before);
            if came != 0 {
                cells::add(cell, came);
            }
            cell += 1;
        }
    }
}

impl Series {
    /// How many of its cells, which come first, hold reals.
    fn reals(&self) -> u32 {
        let histogram = !self.definition.bounds.is_empty() || self.width() > 1;
        u32::from(histogram || self.definition.real)
    }
}

/// A series that is out of its family but may still be recorded into.
pub(crate) struct Retired {
    family: Arc<Family>,
    series: Arc<Series>,
    /// What it had when it went, and what was passed on since.
    settled: Totals,
    /// A handle on the series that has its labels, for as long as there is one on this.
    heir: Option<(Cells, Held)>,
}

impl Retired {
    /// The series, and what it had when it went.
    #[cfg(test)]
    #[cfg(feature = "prometheus")]
    pub(crate) fn went(&self) -> (&Series, u64) {
        (&self.series, self.settled.counts.iter().sum())
    }

    /// Passes on what was recorded since. `false` when nothing more can come: its cells go with it.
    ///
    /// `current` gives the family that takes it now: an empty one is removed.
    pub(crate) fn settle(
        &mut self,
        current: impl FnOnce(&Arc<Family>) -> Option<Arc<Family>>,
    ) -> bool {
        if self.family.is_removed() {
            return false;
        }
        // In this order. The only reference is ours: what others recorded, and the handles that they took, happened
        // before. No handle: what was recorded through one happened before. Then the numbers are the last ones.
        let unique = Arc::get_mut(&mut self.series).is_some();
        let handles = cells::handles_alive(self.series.cells().handles);
        let totals = Totals::of(&self.series);
        if handles || totals != self.settled {
            if self.heir.is_none() {
                let texts: Vec<&str> = self.series.values.iter().collect();
                self.heir = current(&self.family).and_then(|family| family.heir(&texts));
            }
            // Without one the name is another metric's by now, and this one as good as removed.
            if let Some((cells, _)) = &self.heir {
                totals.add_since(&self.settled, *cells);
                self.settled = totals;
            }
        }
        if !handles {
            self.heir = None;
        }
        handles || !unique
    }
}

impl Family {
    /// Takes series out that are idle for so long (in milliseconds, as `now`), and were found so before `read`. Returns
    /// whether there were any.
    pub(crate) fn sweep(
        self: &Arc<Self>,
        now: u64,
        idle: u64,
        read: u64,
        retired: &mut Vec<Retired>,
    ) -> bool {
        if !self.origin.is_swept() {
            return false;
        }
        // Copied first, so that no lock is held while the numbers are read.
        let mut all: Vec<(u64, Arc<Series>)> = Vec::new();
        for slot in &self.dynamic {
            all.extend(
                slot.iter()
                    .map(|member| (*slot.key(), Arc::clone(&member.series))),
            );
        }
        all.retain(|(_, series)| {
            let since = series.idle_since(now);
            since.is_some_and(|since| now.saturating_sub(since) >= idle && since < read)
        });
        if all.is_empty() {
            return false;
        }
        // The list of the last reading holds references, for which retired series would wait.
        self.forget_list();
        let before = self.version.load(Relaxed);
        for (hash, series) in all {
            if series.gauge.is_some() {
                self.take_gauge(hash, &series);
            } else if let Some(settled) = self.take_cells(hash, &series) {
                retired.push(Retired {
                    family: Arc::clone(self),
                    series,
                    settled,
                    heir: None,
                });
            }
        }
        self.version.load(Relaxed) != before
    }

    /// Takes a counter or histogram out, if nothing was recorded since the last look, and returns what it had.
    fn take_cells(&self, hash: u64, series: &Arc<Series>) -> Option<Totals> {
        let mut taken = None;
        self.dynamic.remove_if_mut(&hash, |_, slot| {
            // The numbers first: if nothing changed from the last look to the one that follows, they are those of
            // both, and whatever comes later is not in them.
            let totals = Totals::of(series);
            if series.is_still_idle() {
                taken = slot.take(series).map(|_| totals);
                // Before others find it gone.
                if let (Some(totals), Some(looks)) = (&taken, series.idle.0.get()) {
                    looks.went.get_or_init(|| totals.clone());
                }
            }
            slot.is_empty()
        });
        taken.inspect(|_| self.left(series))
    }

    /// Takes a gauge out, if nobody else has a reference to it and it was not touched since the last look.
    fn take_gauge(&self, hash: u64, series: &Arc<Series>) {
        let mut taken = false;
        self.dynamic.remove_if_mut(&hash, |_, slot| {
            let Some(Member { pin: Some(pin), .. }) = slot.take(series) else {
                return slot.is_empty();
            };
            // One step: threads that remember the pin find it gone from here on, and what was done by those who held it
            // happened before.
            match Arc::try_unwrap(pin) {
                Ok(_) if series.gauge.as_ref().is_some_and(GaugeNumbers::is_idle) => taken = true,
                Ok(own) => slot.put(Member::pinned(Arc::new(own))),
                Err(pin) => slot.put(Member::pinned(pin)),
            }
            slot.is_empty()
        });
        if taken {
            self.left(series);
        }
    }

    fn left(&self, series: &Series) {
        series.leave();
        // Relaxed: as when one comes.
        self.version.fetch_add(1, Relaxed);
    }

    /// A handle on the series of these labels, or on the overflow series; `None` where the family takes none.
    fn heir(&self, texts: &[&str]) -> Option<(Cells, Held)> {
        let hash = tag::hash(self.id, texts);
        let found = self.find_or_insert(hash, texts, Some(&self.cap)).ok()?;
        let member = match found {
            Some(member) => member,
            None => self.overflow(texts).ok()?,
        };
        let cells = member.series.cells().take();
        Some((cells, Held::taken(cells)))
    }
}

impl Slot {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Member> {
        let slots = std::iter::successors(Some(self), |slot| slot.collided.as_deref());
        slots.filter_map(|slot| slot.first.as_ref())
    }

    /// The one of these label values.
    pub(super) fn find(&self, texts: &[&str]) -> Option<&Member> {
        self.iter()
            .find(|member| member.series.values.matches(texts))
    }

    pub(super) fn put(&mut self, member: Member) {
        if self.first.is_none() {
            self.first = Some(member);
        } else {
            self.collided.get_or_insert_default().put(member);
        }
    }

    pub(super) fn take(&mut self, series: &Arc<Series>) -> Option<Member> {
        self.first
            .take_if(|member| Arc::ptr_eq(&member.series, series))
            .or_else(|| self.collided.as_mut()?.take(series))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}
