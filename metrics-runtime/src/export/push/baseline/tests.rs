use super::*;
use crate::cells;
use crate::descriptor::Descriptor;
use crate::family::{Cap, Definition, Series};
use crate::registry::Registry;

/// Metrics of a test's own, and what an exporter made of them.
struct Set {
    registry: Arc<Registry>,
    sources: Sources,
    baseline: Baseline,
}

/// The name and the labels of a change, and by how much each number moved.
type Moved = (String, String, Vec<u64>);

impl Set {
    fn new() -> Self {
        let registry = Self::registry();
        let sources = Sources::new("test");
        sources.attach(&registry);
        Self {
            registry,
            sources,
            baseline: Baseline::default(),
        }
    }

    fn registry() -> Arc<Registry> {
        Arc::new(Registry::new(Arc::new(Cap::new(100)), 256))
    }

    fn family(&self, kind: Kind, name: &'static str) -> Arc<Family> {
        static BOUNDS: [f64; 2] = [1.0, 2.0];
        let made = self.registry.find_or_insert(name, 9999, || {
            let mut definition = Definition::from(&Descriptor::counter("replaced_total", "Help."));
            definition.name = name.into();
            definition.kind = kind;
            definition.labels = [String::from("a").into()].into();
            definition.bounds = if kind == Kind::Histogram {
                &BOUNDS
            } else {
                &[]
            };
            definition
        });
        made.unwrap()
    }

    fn count(&self, name: &'static str, label: &str, by: u64) -> Arc<Series> {
        let member = self.family(Kind::Counter, name).series_of(&[label]);
        let series = member.unwrap().series;
        cells::add(series.cell(), by);
        series
    }

    fn read(&mut self) -> Vec<Moved> {
        self.baseline.read(&self.sources);
        self.changes()
    }

    fn changes(&self) -> Vec<Moved> {
        self.ours().map(|(_, moved)| moved).collect()
    }

    fn ours(&self) -> impl Iterator<Item = (Place, Moved)> {
        let changes = self.baseline.changes();
        let ours = changes.filter(|change| change.family.definition.name.starts_with("baseline_"));
        ours.map(|change| {
            let moved = change.now.iter().zip(change.sent);
            let moved = moved.map(|(now, sent)| now.wrapping_sub(*sent)).collect();
            let name = change.family.definition.name.to_string();
            (
                change.place,
                (name, change.family.text(change.series), moved),
            )
        })
    }

    fn place(&self) -> Place {
        self.ours().next().unwrap().0
    }

    /// The names and labels that are there.
    fn present(&self) -> Vec<String> {
        let mut present = Vec::new();
        for (family, series) in self.baseline.present() {
            if family.definition.name.starts_with("baseline_") {
                present.extend(series.map(|(series, _)| {
                    format!("{}{{{}}}", family.definition.name, family.text(series))
                }));
            }
        }
        present
    }

    #[cfg(feature = "prometheus")]
    fn remove(&self, name: &str) {
        self.registry.remove(Kind::Counter, name);
        crate::family::forget_all();
    }
}

fn moved(name: &str, label: &str, numbers: &[u64]) -> Moved {
    let label = format!("a=\"{label}\"");
    (name.to_owned(), label, numbers.to_vec())
}

#[test]
fn only_what_moved_is_to_be_delivered() {
    let mut set = Set::new();
    set.count("baseline_moves_total", "x", 3);
    set.count("baseline_moves_total", "y", 0);
    assert_eq!(set.read(), [moved("baseline_moves_total", "x", &[3])]);
    // Not delivered, it adds up.
    set.count("baseline_moves_total", "x", 2);
    assert_eq!(set.read(), [moved("baseline_moves_total", "x", &[5])]);
    set.baseline.deliver_all();
    assert_eq!(set.read(), []);
    // Series that come later, in between.
    set.count("baseline_moves_total", "a", 1);
    set.count("baseline_moves_total", "xx", 1);
    set.count("baseline_moves_total", "y", 4);
    let all = [("a", 1), ("xx", 1), ("y", 4)];
    let all = all.map(|(label, n)| moved("baseline_moves_total", label, &[n]));
    assert_eq!(set.read(), all);
    set.baseline.deliver_all();
    assert_eq!(set.read(), []);
}

#[test]
fn what_is_delivered_in_part_is_pending_in_part() {
    let mut set = Set::new();
    let family = set.family(Kind::Histogram, "baseline_parts_seconds");
    let series = family.series_of(&["x"]).unwrap().series;
    cells::add(series.cell() + 1, 5);
    cells::add(series.cell() + 3, 7);
    assert_eq!(
        set.read(),
        [moved("baseline_parts_seconds", "x", &[0, 5, 0, 7])]
    );
    let others = set.baseline.pending() - 12;
    let place = set.place();
    set.baseline.advance(place, 1, 4);
    assert_eq!(
        set.changes(),
        [moved("baseline_parts_seconds", "x", &[0, 1, 0, 7])]
    );
    assert_eq!(set.baseline.pending() - others, 8);
    cells::add(series.cell() + 1, 1);
    assert_eq!(
        set.read(),
        [moved("baseline_parts_seconds", "x", &[0, 2, 0, 7])]
    );
    // Beyond the last number there is nothing, and above all not the next series.
    let place = set.place();
    set.baseline.advance(place, 4, 9);
    assert_eq!(
        set.changes(),
        [moved("baseline_parts_seconds", "x", &[0, 2, 0, 7])]
    );
    set.baseline.deliver(place);
    assert_eq!(set.changes(), []);
}

#[test]
fn a_gauge_at_zero_is_news_once() {
    let mut set = Set::new();
    let family = set.family(Kind::Gauge, "baseline_level");
    let series = family.series_of(&["x"]).unwrap().series;
    let gauge = series.gauge().unwrap();
    assert_eq!(set.read(), [moved("baseline_level", "x", &[0])]);
    assert_eq!(set.read().len(), 1, "not delivered yet");
    let place = set.place();
    set.baseline.deliver(place);
    assert_eq!(set.read(), []);
    gauge.set(1.0);
    assert_eq!(set.read().len(), 1);
    gauge.set(0.0);
    assert_eq!(set.read(), []);
}

#[test]
fn a_gauge_that_could_not_be_read_is_not_delivered() {
    let mut set = Set::new();
    let family = set.family(Kind::Gauge, "baseline_callback");
    let series = family.series_of(&["x"]).unwrap().series;
    let gauge = series.gauge().unwrap();
    set.read();
    set.baseline.deliver_all();
    gauge.observe_with(Arc::new(|| 5.0));
    assert_eq!(set.read().len(), 1);
    gauge.observe_with(Arc::new(|| f64::NAN));
    assert_eq!(set.read(), []);
    assert!(set.present().is_empty());
    // Something else was delivered meanwhile.
    set.baseline.deliver_all();
    gauge.observe_with(Arc::new(|| 5.0));
    assert_eq!(set.read().len(), 1, "5 was never delivered");
}

#[cfg(feature = "prometheus")]
#[test]
fn a_removed_family_is_kept_until_what_it_counted_is_delivered() {
    const NAME: &str = "baseline_removed_total";
    let mut set = Set::new();
    let old = set.count(NAME, "x", 3);
    set.read();
    set.baseline.deliver_all();
    let others = {
        set.read();
        set.baseline.pending()
    };
    cells::add(old.cell(), 2);
    set.remove(NAME);
    // One of the same name and labels, which begins anew.
    set.count(NAME, "x", 10);
    let both = [moved(NAME, "x", &[10]), moved(NAME, "x", &[2])];
    assert_eq!(set.read(), both);
    assert_eq!(set.baseline.pending() - others, 12);
    assert_eq!(set.present(), [format!("{NAME}{{a=\"x\"}}")]);
    // What a handle still records into the removed one is not seen.
    cells::add(old.cell(), 100);
    assert_eq!(set.read(), both);
    set.baseline.deliver_all();
    assert_eq!(set.read(), []);
    assert!(set.baseline.families.iter().all(|kept| !kept.is_gone));
}

#[cfg(feature = "prometheus")]
#[test]
fn totals_of_what_was_removed_are_dropped() {
    const NAME: &str = "baseline_dropped_total";
    let mut set = Set::new();
    set.count(NAME, "x", 3);
    set.read();
    set.remove(NAME);
    set.read();
    assert_eq!(set.baseline.forget_gone(), 3);
    assert_eq!(set.changes(), []);
    assert_eq!(set.baseline.forget_gone(), 0);
    // One that was delivered, and one that was never seen.
    set.count(NAME, "x", 3);
    set.read();
    set.baseline.deliver_all();
    set.remove(NAME);
    set.count("baseline_unseen_total", "x", 3);
    set.remove("baseline_unseen_total");
    set.read();
    assert_eq!(set.baseline.forget_gone(), 0);
}

#[cfg(feature = "prometheus")]
#[test]
fn families_that_come_and_go_while_the_peer_is_away_are_bounded() {
    let mut set = Set::new();
    let mut handles = Vec::new();
    let names: Vec<&'static str> = (0..MOST_GONE + 5)
        .map(|n| -> &'static str { format!("baseline_flood_{n}_total").leak() })
        .collect();
    for names in names.chunks(50) {
        for name in names {
            handles.push(set.count(name, "x", 2));
        }
        set.read();
        for name in names {
            set.remove(name);
        }
    }
    set.read();
    let gone = set.baseline.families.iter().filter(|kept| kept.is_gone);
    assert_eq!(gone.count(), MOST_GONE);
    assert_eq!(set.baseline.take_lost(), 10);
    assert_eq!(set.baseline.take_lost(), 0);
}

#[test]
fn a_set_that_comes_back_is_read_again() {
    const NAME: &str = "baseline_back_total";
    let mut set = Set::new();
    set.count(NAME, "x", 3);
    set.read();
    // Without its source it is gone, and something of it is to be delivered.
    let sources = std::mem::replace(&mut set.sources, Sources::new("test"));
    assert_eq!(set.read(), [moved(NAME, "x", &[3])]);
    set.count(NAME, "x", 1);
    set.sources = sources;
    assert_eq!(set.read(), [moved(NAME, "x", &[4])]);
    set.count(NAME, "x", 1);
    assert_eq!(set.read(), [moved(NAME, "x", &[5])]);
    assert_eq!(set.present().len(), 1);
}

#[test]
fn a_removed_series_is_kept_until_what_it_counted_is_delivered() {
    const NAME: &str = "baseline_series_total";
    let mut set = Set::new();
    set.count(NAME, "x", 3);
    set.read();
    set.baseline.deliver_all();
    // Two series that the family had, as it were: one with the labels of one that is there.
    let other = Set::new();
    let gone = [other.count(NAME, "x", 7), other.count(NAME, "z", 2)];
    let kept = set.baseline.families.iter_mut();
    let kept = kept.filter(|kept| kept.family.definition.name == NAME);
    let kept = kept.last().unwrap();
    for pin in &gone {
        kept.series.push(Entry {
            data: (),
            series: Arc::clone(pin),
            delivered: true,
            read: true,
            gone: false,
            times: Times {
                born: 0,
                delivered: 0,
            },
        });
        kept.sent.push(1);
        kept.now.push(1);
    }
    kept.listed = Arc::new([]);
    let expected = [moved(NAME, "x", &[6]), moved(NAME, "z", &[1])];
    assert_eq!(set.read(), expected);
    for pin in &gone {
        cells::add(pin.cell(), 50);
    }
    assert_eq!(set.read(), expected);
    assert_eq!(set.present().len(), 1);
    let place = set.place();
    set.baseline.deliver(place);
    assert_eq!(set.read(), expected[1..]);
    assert_eq!(set.baseline.forget_gone(), 1);
    assert_eq!(set.read(), []);
    let kept = set.baseline.families.iter();
    let mut kept = kept.filter(|kept| kept.family.definition.name == NAME);
    assert_eq!(kept.next().unwrap().series.len(), 1);
}

#[test]
fn a_set_attached_twice_is_read_once() {
    let mut set = Set::new();
    set.sources.attach(&set.registry);
    set.count("baseline_twice_total", "x", 1);
    assert_eq!(set.read().len(), 1);
    let errors = crate::snapshot().counter(
        "metrics_export_errors_total",
        &[("exporter", "test"), ("error_type", "collision")],
    );
    assert_eq!(errors, None, "it does not collide with itself");
}

/// All that is to be delivered of these counters, which is then delivered.
fn sent(set: &mut Set) -> u64 {
    let sum = set.read().iter().flat_map(|(.., moved)| moved).sum();
    set.baseline.deliver_all();
    sum
}

#[test]
fn what_is_recorded_while_a_series_goes_is_sent_once() {
    const NAME: &str = "baseline_late_total";
    let mut set = Set::new();
    let late = set.count(NAME, "x", 5);
    assert_eq!(sent(&mut set), 5);
    set.registry.sweep_at(0, 1, |_| ());
    set.registry.sweep_at(1, 1, |_| ());
    assert_eq!(set.registry.len(), 0);
    // Into the series that went, before and after the exporter learns of it.
    cells::add(late.cell(), 3);
    assert_eq!(sent(&mut set), 3);
    cells::add(late.cell(), 10);
    assert_eq!(sent(&mut set), 10);
    // The last word, when nothing else refers to it.
    cells::add(late.cell(), 100);
    drop(late);
    assert_eq!(sent(&mut set), 100);
    assert_eq!(sent(&mut set), 0);
}

#[test]
fn what_is_recorded_while_a_series_goes_that_is_being_read_is_sent_once() {
    let mut set = Set::new();
    let late = set.count("baseline_b_late_total", "x", 5);
    let begun = Arc::clone(&late);
    let registry = Arc::downgrade(&set.registry);
    // Read before the counter, this lets it go and records into it, once.
    let member = set
        .family(Kind::Gauge, "baseline_a_gauge")
        .series_of(&["x"]);
    let gauge = crate::instrument::Gauge::named(member.unwrap());
    let first = std::sync::atomic::AtomicBool::new(true);
    gauge.observe_with(move || {
        if let Some(registry) = registry.upgrade()
            && first.swap(false, std::sync::atomic::Ordering::Relaxed)
        {
            registry.sweep_at(0, 1, |_| ());
            registry.sweep_at(1, 1, |_| ());
            cells::add(begun.cell(), 3);
        }
        0
    });
    let counted = |set: &mut Set| -> u64 {
        let read = set.read();
        let counters = read.iter().filter(|(name, ..)| name.ends_with("_total"));
        let sum = counters.flat_map(|(.., moved)| moved).sum();
        set.baseline.deliver_all();
        sum
    };
    assert_eq!(counted(&mut set), 5);
    assert_eq!(set.registry.len(), 1);
    assert_eq!(counted(&mut set), 3);
    assert_eq!(counted(&mut set), 0);
}
