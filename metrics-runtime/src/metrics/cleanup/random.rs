//! Many threads do at random what can be done with series that come and go, and in the end every recording is where it
//! belongs. Two seconds; `RANDOM_SECONDS` asks for more, `RANDOM_SEED` for other choices.

use super::super::Metrics;
use crate::create_prometheus_exporter;
use crate::descriptor::{Descriptor, Kind};
#[cfg(feature = "push")]
use crate::export::{push::Baseline, sources::Sources};
use crate::family::{Definition, Family, Origin, Shape};
use crate::instrument::{Counter, Histogram, sealed::Sealed};
#[cfg(feature = "push")]
use crate::registry::Reader;
use crate::registry::Registry;
use crate::snapshot::{HistogramSnapshot, Value};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const THREADS: u64 = 4;
const LABELS: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
/// Series: less than there are labels, so that some are diverted.
const CAP: usize = 25;

/// Of each kind of metric, what was recorded, swept, and delivered by an exporter that sends differences, by label; what
/// was diverted has the last place.
#[derive(Default)]
struct Account {
    recorded: [AtomicU64; LABELS.len()],
    swept: [AtomicU64; LABELS.len() + 1],
    delivered: [AtomicU64; LABELS.len() + 1],
}

impl Account {
    /// Whether each recording is in these numbers once, under its own label or as a diverted one.
    fn check(&self, name: &str, known: [u64; LABELS.len() + 1]) {
        let mut missing = 0;
        for (label, recorded) in self.recorded.iter().enumerate() {
            let (known, recorded) = (known[label], recorded.load(Relaxed));
            assert!(known <= recorded, "{name} {label}: {known} of {recorded}");
            missing += recorded - known;
        }
        assert_eq!(missing, known[LABELS.len()], "{name}");
    }
}

fn place(label: &str) -> usize {
    let found = LABELS.iter().position(|own| *own == label);
    found.unwrap_or(LABELS.len())
}

static DECLARED: Descriptor = {
    let mut descriptor = Descriptor::counter("random_declared_total", "Random.");
    descriptor.labels = &["n"];
    descriptor
};

static OBSERVED: Descriptor = {
    let mut descriptor = Descriptor::histogram("random_declared_seconds", "Random.");
    descriptor.labels = &["n"];
    descriptor
};

struct World {
    metrics: Metrics,
    declared: Arc<Family>,
    observed: Arc<Family>,
    /// Declared counter and histogram, and counter by name.
    accounts: [Account; 3],
    /// What a removed metric was given is not known; each of its series has amounts of its own.
    handed_over: Mutex<Vec<Held>>,
    stop: AtomicBool,
}

/// A handle, with the account and the place to which it belongs.
enum Held {
    Counter(Counter, usize, usize),
    Histogram(Histogram, usize),
    Removed(Histogram, usize),
}

/// A value of a histogram that no other label has: a bucket of its own.
fn value(bounds: &[f64], label: usize) -> f64 {
    bounds.get(label).copied().unwrap_or(f64::NAN)
}

/// One that sends differences.
#[cfg(feature = "push")]
struct Exporter {
    reader: Arc<Reader>,
    sources: Sources,
    baseline: Baseline,
}

#[cfg(feature = "push")]
impl Exporter {
    fn of(world: &World) -> Self {
        let (reader, sources) = (Arc::default(), Sources::new("random"));
        sources.attach(&world.metrics.inner.registry);
        world.registry().expect_reader(Arc::downgrade(&reader));
        Self {
            reader,
            sources,
            baseline: Baseline::default(),
        }
    }
}

impl World {
    fn new() -> Self {
        let metrics = Metrics::builder()
            .exporter(create_prometheus_exporter().unwrap())
            .max_label_combinations(CAP)
            .build();
        let register = |descriptor: &Descriptor| {
            metrics.inner.registry.register(
                Definition::from(descriptor),
                Shape::of::<(&str,)>(),
                Origin::Declared,
            )
        };
        Self {
            declared: register(&DECLARED),
            observed: register(&OBSERVED),
            metrics,
            accounts: Default::default(),
            handed_over: Mutex::default(),
            stop: AtomicBool::new(false),
        }
    }

    fn registry(&self) -> &Registry {
        &self.metrics.inner.registry
    }

    fn bounds(&self) -> &'static [f64] {
        self.observed.definition.bounds
    }

    fn take(&self, kind: u64, label: usize) -> Held {
        let text = LABELS[label];
        match kind {
            0 => {
                let cells = Counter::<u64>::dynamic(&self.declared, &[text]);
                Held::Counter(Counter::of(&DECLARED, cells), 0, label)
            }
            1 => {
                let cells = Histogram::dynamic(&self.observed, &[text]);
                Held::Histogram(Histogram::of(&OBSERVED, cells), label)
            }
            2 => {
                let counter = self.metrics.counter("random_named_total", &[("n", text)]);
                Held::Counter(counter, 2, label)
            }
            _ => {
                let removed = self
                    .metrics
                    .histogram("random_removed_seconds", &[("n", text)]);
                Held::Removed(removed, label)
            }
        }
    }

    fn record(&self, held: &Held) {
        match held {
            Held::Counter(counter, account, label) => {
                self.accounts[*account].recorded[*label].fetch_add(1, Relaxed);
                counter.inc_unasked();
            }
            Held::Histogram(histogram, label) => {
                self.accounts[1].recorded[*label].fetch_add(1, Relaxed);
                histogram.observe_unasked(value(self.bounds(), *label));
            }
            Held::Removed(histogram, label) => {
                histogram.observe_unasked(value(self.bounds(), *label));
            }
        }
    }

    fn record_by_name(&self, label: usize) {
        self.accounts[2].recorded[label].fetch_add(1, Relaxed);
        let labels = [("n", LABELS[label])];
        drop(self.metrics.increment("random_named_total", &labels));
        let value = value(self.bounds(), label);
        drop(
            self.metrics
                .observe_histogram("random_removed_seconds", value, &labels),
        );
    }

    fn sweep(&self, now: u64) {
        self.registry().sweep_at(now, 1, |retired| {
            let (series, had) = retired.went();
            if let Some(account) = self.account(&series.definition.name) {
                account.swept[place(series.values.get(0))].fetch_add(had, Relaxed);
            }
        });
    }

    fn account(&self, name: &str) -> Option<&Account> {
        let names = [
            "random_declared_total",
            "random_declared_seconds",
            "random_named_total",
        ];
        let at = names.iter().position(|own| *own == name)?;
        self.accounts.get(at)
    }

    /// Reads everything as an exporter does that sends differences, and sends some or all of it.
    #[cfg(feature = "push")]
    fn export(&self, exporter: &mut Exporter, mut send: impl FnMut() -> bool) {
        let Exporter {
            reader,
            sources,
            baseline,
        } = exporter;
        let looked = self.registry().looked();
        baseline.read(sources);
        self.registry().was_read(reader, looked);
        let mut places = Vec::new();
        for change in baseline.changes().filter(|_| send()) {
            if let Some(account) = self.account(&change.family.definition.name) {
                let place = place(change.series.values.get(0));
                account.delivered[place].fetch_add(change.recordings(), Relaxed);
            }
            places.push(change.place);
        }
        for place in places {
            baseline.deliver(place);
        }
    }

    /// Each recording was delivered once.
    #[cfg(feature = "push")]
    fn check_delivered(&self) {
        for (index, account) in self.accounts.iter().enumerate() {
            let delivered = account.delivered.each_ref().map(|n| n.load(Relaxed));
            account.check(&format!("delivered of account {index}"), delivered);
        }
    }

    /// Each recording is shown, or was swept, under its own label or as a diverted one.
    fn check(&self) {
        let snapshot = self.metrics.snapshot();
        let names = [
            "random_declared_total",
            "random_declared_seconds",
            "random_named_total",
            "random_removed_seconds",
        ];
        for (index, name) in names.into_iter().enumerate() {
            let mut shown = [0; LABELS.len() + 1];
            let found = snapshot.families().find(|family| family.name == name);
            for series in found.into_iter().flat_map(|family| &family.series) {
                let place = place(&series.labels[0].1);
                shown[place] += match &series.value {
                    Value::Count(count) => *count,
                    Value::Histogram(histogram) => {
                        self.check_buckets(name, histogram, place);
                        histogram.count()
                    }
                    Value::Total(_) | Value::Gauge(_) => 0,
                };
            }
            let Some(account) = self.accounts.get(index) else {
                continue;
            };
            for (shown, swept) in shown.iter_mut().zip(&account.swept) {
                *shown += swept.load(Relaxed);
            }
            account.check(name, shown);
        }
    }

    /// Only the bucket of this label has anything.
    fn check_buckets(&self, name: &str, histogram: &HistogramSnapshot, place: usize) {
        if place == LABELS.len() {
            return;
        }
        let mut before = 0;
        for (bound, cumulative) in histogram.buckets() {
            let own = (bound - value(self.bounds(), place)).abs() < 1e-12;
            assert!(own || cumulative == before, "{name}: {place} has {bound}");
            before = cumulative;
        }
    }
}

/// Xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 8) % n
    }

    fn label(&mut self) -> usize {
        usize::try_from(self.below(LABELS.len() as u64)).unwrap()
    }
}

fn work(world: &World, seed: u64) {
    let mut random = Random(seed);
    let mut kept: Vec<Held> = Vec::new();
    while !world.stop.load(Relaxed) {
        let label = random.label();
        match random.below(12) {
            0..4 => world.record(&world.take(random.below(4), label)),
            4 => world.record_by_name(label),
            5 if kept.len() < 6 => kept.push(world.take(random.below(4), label)),
            6 => {
                if let Some(held) = kept.last() {
                    world.record(held);
                    if let Held::Counter(counter, account, label) = held {
                        world.record(&Held::Counter(counter.clone(), *account, *label));
                    }
                }
            }
            7 => {
                kept.reverse();
                drop(kept.pop());
            }
            8 => world.handed_over.lock().unwrap().extend(kept.pop()),
            9 => {
                let received = world.handed_over.lock().unwrap().pop();
                if let Some(held) = received {
                    world.record(&held);
                }
            }
            // A page goes to another thread.
            10 if random.below(20) == 0 => std::thread::scope(|scope| {
                scope.spawn(|| world.record(&world.take(label as u64 % 4, label)));
            }),
            // Series become idle only where threads pause.
            _ if random.below(50) == 0 => std::thread::sleep(Duration::from_millis(1)),
            _ => {}
        }
    }
}

fn variable(name: &str, default: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(default, |text| text.parse().unwrap())
}

#[test]
fn no_recording_is_lost_or_lands_in_another_series() {
    let world = World::new();
    let seed = variable("RANDOM_SEED", 7);
    let end = Instant::now() + Duration::from_millis(1000 * variable("RANDOM_SECONDS", 0).max(2));
    #[cfg(feature = "push")]
    let mut exporter = Exporter::of(&world);
    std::thread::scope(|scope| {
        for thread in 1..=THREADS {
            let world = &world;
            scope.spawn(move || work(world, seed.wrapping_mul(0x9e37_79b9) + thread));
        }
        #[cfg(feature = "push")]
        scope.spawn(|| {
            let mut random = Random(seed);
            while !world.stop.load(Relaxed) {
                world.export(&mut exporter, || random.below(3) > 0);
                std::thread::sleep(Duration::from_micros(random.below(1000)));
            }
        });
        let mut now = 0;
        while Instant::now() < end {
            now += 1;
            world.sweep(now);
            if now % 8 == 0 {
                let removed = "random_removed_seconds";
                world.registry().remove(Kind::Histogram, removed);
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        world.stop.store(true, Relaxed);
    });
    world.check();
    let swept: u64 = world
        .accounts
        .iter()
        .flat_map(|account| &account.swept)
        .map(|n| n.load(Relaxed))
        .sum();
    assert!(swept > 0, "nothing was swept");
    world.handed_over.lock().unwrap().clear();
    #[cfg(feature = "push")]
    world.export(&mut exporter, || true);
    for now in 0..3 {
        world.sweep(u64::MAX - 3 + now);
    }
    world.check();
    assert_eq!(world.metrics.series_count(), 0);
    #[cfg(feature = "push")]
    {
        world.export(&mut exporter, || true);
        world.check_delivered();
    }
}
