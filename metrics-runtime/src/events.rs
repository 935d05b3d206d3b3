//! Single recordings, for exporters that send each by itself.
//!
//! Nothing here happens unless such an exporter is there: [`recording`](crate::recording) keeps that beside the switch
//! that is looked at anyway. A recording is counted as always and then put into the queue of each such exporter, by the
//! index of its cell. Queues are bounded and free of locks; what finds no room is counted as dropped. Nobody waits, and
//! nothing is allocated but the queue itself, once.
//!
//! A series may go while its recordings are queued. Its cells are held back until every queue has been drained since, so
//! that an index in a queue is never that of another series.

use crate::cells;
use crate::recording::set_events;
use foldhash::fast::RandomState;
use std::cell::Cell;
use std::hash::BuildHasher;
use std::sync::atomic::{
    AtomicBool, AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release,
};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Exporters that can have events at a time.
const SINKS: usize = 8;

/// Events that a queue holds: 1.5 MiB of memory.
const CAPACITY: usize = 1 << 16;

/// What was recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum What {
    /// A counter of whole things grew.
    Count(u64),
    /// A counter of reals grew.
    Total(f64),
    /// A histogram observed.
    Observation(f64),
    /// A gauge was set.
    Gauge(f64),
}

/// Which series an event is of: a gauge, or what has this cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    Cell(u32),
    Gauge(u64),
}

/// One recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) source: Source,
    pub(crate) what: What,
}

impl What {
    /// How many recordings it is, where they can be counted.
    pub(crate) const fn recordings(self) -> u64 {
        match self {
            Self::Count(count) => count,
            Self::Observation(_) => 1,
            Self::Total(_) | Self::Gauge(_) => 0,
        }
    }
}

/// The identity of a gauge, which has no cell.
#[derive(Debug)]
pub(crate) struct GaugeId(u64);

impl Default for GaugeId {
    fn default() -> Self {
        static IDS: AtomicU64 = AtomicU64::new(0);
        // Relaxed: only uniqueness matters.
        Self(IDS.fetch_add(1, Relaxed))
    }
}

impl GaugeId {
    pub(crate) const fn source(&self) -> Source {
        Source::Gauge(self.0)
    }
}

/// Tells all exporters that want to hear of it.
#[cold]
#[inline(never)]
pub(crate) fn tell(source: Source, what: What) {
    // What a test records in a scope of its own is not the process's.
    #[cfg(feature = "testing")]
    if cells::in_scope() {
        return;
    }
    for sink in SINK.iter().filter(|sink| sink.active.load(Relaxed)) {
        sink.take(Event { source, what });
    }
}

static SINK: [Sink; SINKS] = [const { Sink::new() }; SINKS];

/// Where one exporter's events are.
#[derive(Debug)]
struct Sink {
    taken: AtomicBool,
    active: AtomicBool,
    /// An observation is taken where a random number is at most this.
    threshold: AtomicU64,
    queue: OnceLock<Queue>,
    /// Recordings that found no room.
    dropped: AtomicU64,
}

impl Sink {
    const fn new() -> Self {
        Self {
            taken: AtomicBool::new(false),
            active: AtomicBool::new(false),
            threshold: AtomicU64::new(0),
            queue: OnceLock::new(),
            dropped: AtomicU64::new(0),
        }
    }

    fn take(&self, event: Event) {
        // A gauge is what it is; there is no rate that could say otherwise.
        let sampled = !matches!(event.what, What::Gauge(_));
        let threshold = self.threshold.load(Relaxed);
        if sampled && threshold != u64::MAX && random() > threshold {
            return;
        }
        let room = self.queue.get().is_some_and(|queue| queue.push(event));
        if !room {
            self.dropped.fetch_add(event.what.recordings(), Relaxed);
        }
    }
}

/// The events of an exporter, for as long as this is there.
#[derive(Debug)]
pub(crate) struct Events {
    sink: &'static Sink,
    place: u8,
}

impl Events {
    /// Begins to queue events, of counters and histograms this part of them; `None` where too many exporters do so.
    pub(crate) fn begin(rate: f64) -> Option<Self> {
        let (place, sink) = (0..)
            .zip(&SINK)
            .find(|(_, sink)| !sink.taken.swap(true, Relaxed))?;
        let queue = sink.queue.get_or_init(|| Queue::new(CAPACITY));
        // What was queued for whoever had it before.
        while queue.pop().is_some() {}
        sink.dropped.store(0, Relaxed);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "the cast saturates"
        )]
        let threshold = if rate >= 1.0 {
            u64::MAX
        } else {
            (rate * u64::MAX as f64) as u64
        };
        sink.threshold.store(threshold, Relaxed);
        switch(sink, true);
        Some(Self { sink, place })
    }

    /// The next event, in the order in which they came. There is one reader.
    pub(crate) fn next(&mut self) -> Option<Event> {
        self.sink.queue.get()?.pop()
    }

    /// Recordings that found no room since this was last asked.
    pub(crate) fn dropped(&mut self) -> u64 {
        self.sink.dropped.swap(0, Relaxed)
    }

    /// Everything that may be held back at the moment; to be let go once all events of now are read.
    pub(crate) fn mark() -> Mark {
        Mark(held().next)
    }

    /// All events were read that were there at this mark.
    pub(crate) fn read_up_to(&self, mark: Mark) {
        release(self.place, mark);
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        switch(self.sink, false);
        release(self.place, Mark(u64::MAX));
        self.sink.taken.store(false, Relaxed);
    }
}

/// Begins or ends to queue events in a sink. One at a time, or the last to end would switch off what has just begun.
fn switch(sink: &Sink, on: bool) {
    static ONE: Mutex<()> = Mutex::new(());
    let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    sink.active.store(on, Relaxed);
    set_events(SINK.iter().any(|sink| sink.active.load(Relaxed)));
    drop(one);
}

/// Cells of series that are gone, held back.
struct Held {
    blocks: Vec<Block>,
    next: u64,
}

struct Block {
    number: u64,
    start: u32,
    width: u32,
    /// The sinks, one bit each, that may still have events of it.
    waiting: u8,
}

/// A moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark(u64);

static HELD: Mutex<Held> = Mutex::new(Held {
    blocks: Vec::new(),
    next: 0,
});

fn held() -> std::sync::MutexGuard<'static, Held> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Holds cells back of which there may be events. Returns whether it does.
#[cold]
pub(crate) fn hold(start: u32, width: u32) -> bool {
    let mut held = held();
    let waiting = (0_u8..)
        .zip(&SINK)
        .filter(|(_, sink)| sink.active.load(Relaxed))
        .fold(0, |bits, (place, _)| bits | 1 << place);
    if waiting == 0 {
        return false;
    }
    let number = held.next;
    held.next += 1;
    held.blocks.push(Block {
        number,
        start,
        width,
        waiting,
    });
    true
}

/// A sink has no events of the blocks before this mark.
fn release(place: u8, mark: Mark) {
    let mut free = Vec::new();
    held().blocks.retain_mut(|block| {
        if block.number < mark.0 {
            block.waiting &= !(1 << place);
        }
        if block.waiting == 0 {
            free.push((block.start, block.width));
        }
        block.waiting != 0
    });
    for (start, width) in free {
        cells::free_now(start, width);
    }
}

/// A queue of many writers and one reader: Dmitry Vyukov's bounded queue, whose slots say whose turn it is.
#[derive(Debug)]
struct Queue {
    slots: Box<[Slot]>,
    head: AtomicU64,
    tail: AtomicU64,
}

#[derive(Debug)]
struct Slot {
    turn: AtomicU64,
    key: AtomicU64,
    value: AtomicU64,
}

impl Queue {
    fn new(capacity: usize) -> Self {
        let slot = |turn| Slot {
            turn: AtomicU64::new(turn),
            key: AtomicU64::new(0),
            value: AtomicU64::new(0),
        };
        Self {
            slots: (0..capacity as u64).map(slot).collect(),
            head: AtomicU64::new(0),
            tail: AtomicU64::new(0),
        }
    }

    /// The capacity is a power of two.
    #[expect(clippy::cast_possible_truncation, reason = "less than the capacity")]
    fn slot(&self, at: u64) -> Option<&Slot> {
        let mask = (self.slots.len() as u64).wrapping_sub(1);
        self.slots.get((at & mask) as usize)
    }

    /// Whether there was room.
    fn push(&self, event: Event) -> bool {
        // Relaxed: a guess, which the slot's turn confirms.
        let mut at = self.tail.load(Relaxed);
        while let Some(slot) = self.slot(at) {
            // Acquire: pairs with the reader's release, so that it has read the slot before it is written again.
            let turn = slot.turn.load(Acquire);
            if turn < at {
                return false;
            }
            if turn == at {
                // Relaxed: it only tells writers apart; the slot itself is handed on by its turn.
                match self
                    .tail
                    .compare_exchange_weak(at, at + 1, Relaxed, Relaxed)
                {
                    Ok(_) => {
                        let (key, value) = event.packed();
                        slot.key.store(key, Relaxed);
                        slot.value.store(value, Relaxed);
                        // Release: who sees the turn sees the event.
                        slot.turn.store(at + 1, Release);
                        return true;
                    }
                    Err(now) => at = now,
                }
            } else {
                at = self.tail.load(Relaxed);
            }
        }
        false
    }

    fn pop(&self) -> Option<Event> {
        // Relaxed: only the one reader writes it.
        let at = self.head.load(Relaxed);
        let slot = self.slot(at)?;
        // Acquire: pairs with the writer's release.
        if slot.turn.load(Acquire) != at + 1 {
            return None;
        }
        let event = Event::unpacked(slot.key.load(Relaxed), slot.value.load(Relaxed));
        // Release: the event was read before a writer sees that it is its turn.
        slot.turn.store(at + self.slots.len() as u64, Release);
        self.head.store(at + 1, Relaxed);
        Some(event)
    }
}

/// Bits of a key that tell the source.
const SOURCE_BITS: u32 = 56;

impl Event {
    fn packed(self) -> (u64, u64) {
        let source = match self.source {
            Source::Cell(cell) => u64::from(cell),
            Source::Gauge(id) => id,
        };
        let (tag, value) = match self.what {
            What::Count(count) => (0, count),
            What::Total(real) => (1, real.to_bits()),
            What::Observation(real) => (2, real.to_bits()),
            What::Gauge(real) => (3, real.to_bits()),
        };
        (tag << SOURCE_BITS | source, value)
    }

    fn unpacked(key: u64, value: u64) -> Self {
        let source = key & ((1 << SOURCE_BITS) - 1);
        let cell = Source::Cell(u32::try_from(source).unwrap_or(cells::SCRAP));
        let real = f64::from_bits(value);
        let (source, what) = match key >> SOURCE_BITS {
            0 => (cell, What::Count(value)),
            1 => (cell, What::Total(real)),
            2 => (cell, What::Observation(real)),
            _ => (Source::Gauge(source), What::Gauge(real)),
        };
        Self { source, what }
    }
}

/// A random number of this thread: Marsaglia's xorshift64*, seeded anew for each thread.
fn random() -> u64 {
    thread_local! {
        static STATE: Cell<u64> = const { Cell::new(0) };
    }
    let seed = || RandomState::default().hash_one(std::thread::current().id()) | 1;
    let next = STATE.try_with(|state| {
        let mut x = state.get();
        if x == 0 {
            x = seed();
        }
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        state.set(x);
        x.wrapping_mul(0x2545_f491_4f6c_dd1d)
    });
    // The thread is at its end.
    next.unwrap_or_else(|_| seed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn count(cell: u32, n: u64) -> Event {
        Event {
            source: Source::Cell(cell),
            what: What::Count(n),
        }
    }

    #[test]
    fn a_queue_keeps_order_and_refuses_what_finds_no_room() {
        let queue = Queue::new(4);
        for round in 0..3 {
            for n in 0..4 {
                assert!(queue.push(count(7, round * 4 + n)));
            }
            assert!(!queue.push(count(7, 99)));
            for n in 0..4 {
                assert_eq!(queue.pop(), Some(count(7, round * 4 + n)));
            }
            assert_eq!(queue.pop(), None);
        }
        for what in [What::Total(0.5), What::Observation(-1.0)] {
            let event = Event {
                source: Source::Cell(3),
                what,
            };
            assert!(queue.push(event));
            assert_eq!(queue.pop(), Some(event));
        }
    }

    #[test]
    fn what_many_threads_push_comes_out_once_or_is_refused() {
        const EACH: u64 = 50_000;
        let queue = Arc::new(Queue::new(256));
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let queue = Arc::clone(&queue);
                std::thread::spawn(move || {
                    (0..EACH).filter(|n| !queue.push(count(thread, *n))).count() as u64
                })
            })
            .collect();
        let mut seen = 0;
        let mut last = [None; 4];
        let mut read = || {
            while let Some(event) = queue.pop() {
                let (Source::Cell(thread), What::Count(n)) = (event.source, event.what) else {
                    unreachable!();
                };
                let last = &mut last[thread as usize];
                assert!(
                    last.is_none_or(|last| last < n),
                    "in the order of each thread"
                );
                *last = Some(n);
                seen += 1;
            }
        };
        while threads.iter().any(|thread| !thread.is_finished()) {
            read();
        }
        read();
        let refused: u64 = threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum();
        assert_eq!(seen + refused, 4 * EACH);
    }

    #[test]
    fn who_ends_does_not_end_it_for_others() {
        let threads: Vec<_> = (0..3)
            .map(|_| {
                std::thread::spawn(|| {
                    for _ in 0..2000 {
                        let events = Events::begin(1.0).unwrap();
                        assert!(crate::recording::State::now().has_events());
                        drop(events);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(!crate::recording::State::now().has_events());
    }

    #[test]
    fn random_numbers_are_spread_evenly() {
        let below = (0..100_000).filter(|_| random() <= u64::MAX / 10).count();
        assert!((9_000..11_000).contains(&below), "{below}");
    }
}
