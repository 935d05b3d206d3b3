use super::*;
use crate::label::LabelSet;
use crate::outcome::Outcome;

fn family<L: LabelSet>(labels: &'static [&'static str], cap: &Arc<Cap>) -> Family {
    let mut descriptor = crate::descriptor::Descriptor::counter("units_total", "Units.");
    descriptor.labels = labels;
    Family::new(
        Definition::from(&descriptor),
        Shape::of::<L>(),
        cap,
        Origin::Own,
        256,
    )
}

#[test]
fn a_dense_family_is_whole_from_the_start() {
    let cap = Arc::new(Cap::new(0));
    let family = family::<(Outcome, Option<Outcome>)>(&["b", "a"], &cap);
    let all = family.all();
    assert_eq!(all.len(), 4 * 5);
    assert_eq!(family.text(&all[0]), r#"b="cancelled""#);
    assert_eq!(family.text(&all[1]), r#"b="error""#);
    assert_eq!(family.text(&all[4]), r#"a="cancelled",b="cancelled""#);
    let values = (Outcome::Error, Some(Outcome::Panicked));
    let series = family.dense_series(LabelSet::index(&values)).unwrap();
    assert_eq!(family.text(series), r#"a="panicked",b="error""#);
    // By text the same series is reached.
    let found = values.with_texts(|texts| family.series_of(texts).unwrap());
    assert!(Arc::ptr_eq(&found.series, series));
}

#[test]
fn the_cap_holds_under_fire_and_the_total_stays_exact() {
    let cap = Arc::new(Cap::new(50));
    let family = family::<(&str, Outcome)>(&["client", "outcome"], &cap);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let family = &family;
            scope.spawn(move || {
                for i in 0..2000 {
                    let client = format!("{}", i * 8 + thread);
                    family.with_cells(&[&client, "error"], |cells| cells::add(cells.numbers, 1));
                }
            });
        }
    });
    let all = family.all();
    assert_eq!(all.len(), 51);
    assert_eq!(cap.used(), 50);
    let total: u64 = all.iter().map(|series| cells::sum(series.cell())).sum();
    assert_eq!(total, 16_000);
    let overflow = all
        .iter()
        .find(|series| series.values.get(0) == OVERFLOW)
        .unwrap();
    assert_eq!(
        family.text(overflow),
        r#"client="__overflow__",outcome="error""#
    );
    assert_eq!(cells::sum(overflow.cell()), 16_000 - 50);
}

#[test]
fn a_dropped_family_gives_back_cells_and_places() {
    let cap = Arc::new(Cap::new(10));
    {
        let family = family::<(&str,)>(&["client"], &cap);
        std::thread::scope(|scope| {
            // Joined by hand: a scope does not wait for the destructors of thread locals.
            let recording =
                scope.spawn(|| (0..10).for_each(|i| family.with_cells(&[&i.to_string()], |_| ())));
            recording.join().unwrap();
        });
        assert_eq!(cap.used(), 10);
    }
    // The thread that remembered them is gone too.
    assert_eq!(cap.used(), 0);
}

#[test]
fn long_values_are_cut_at_a_character() {
    let cap = Arc::new(Cap::new(10));
    let family = family::<(&str,)>(&["client"], &cap);
    let long = "ä".repeat(200);
    let series = family.series_of(&[&long]).unwrap().series;
    assert_eq!(series.values.get(0), "ä".repeat(128));
    let odd = format!("x{}", "ä".repeat(200));
    assert_eq!(
        family
            .series_of(&[&odd])
            .unwrap()
            .series
            .values
            .get(0)
            .len(),
        255
    );
}

#[test]
fn series_of_one_hash_are_told_apart() {
    let cap = Arc::new(Cap::new(10));
    let family = family::<(&str,)>(&["n"], &cap);
    let members = ["a", "b", "c"].map(|text| family.series_of(&[text]).unwrap());
    let mut slot = Slot::default();
    assert!(slot.is_empty());
    for member in &members {
        slot.put(member.clone());
    }
    let found = |slot: &Slot| ["a", "b", "c", "d"].map(|text| slot.find(&[text]).is_some());
    assert_eq!(found(&slot), [true, true, true, false]);
    for (member, left) in [
        (1, [true, false, true, false]),
        (0, [false, false, true, false]),
    ] {
        assert!(slot.take(&members[member].series).is_some());
        assert!(slot.take(&members[member].series).is_none());
        assert_eq!(found(&slot), left);
        assert!(!slot.is_empty());
    }
    slot.put(members[1].clone());
    assert_eq!(found(&slot), [false, true, true, false]);
    assert_eq!(slot.iter().count(), 2);
    for member in [2, 1] {
        assert!(slot.take(&members[member].series).is_some());
    }
    assert!(slot.is_empty());
}
