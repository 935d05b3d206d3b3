//! What a thread remembers of metrics by name is theirs, whatever else it uses and however they are named.

use instrumetrics::{
    Format, Metrics, create_metrics_with_prometheus_exporter, create_prometheus_exporter,
};
use std::collections::BTreeMap;

fn set() -> Metrics {
    create_metrics_with_prometheus_exporter().unwrap()
}

/// Marsaglia's xorshift, from a seed: the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// A set, a name, and the values of `a` and `b`.
type Key = (usize, String, String, String);

#[test]
fn operations_in_any_order_reach_their_own_series() {
    let sets = [set(), set(), set()];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut counts: BTreeMap<Key, u64> = BTreeMap::new();
    let mut observed: BTreeMap<Key, u64> = BTreeMap::new();
    let mut levels: BTreeMap<Key, f64> = BTreeMap::new();
    for _ in 0..20_000 {
        let which = usize::try_from(random.below(3)).unwrap();
        let metrics = &sets[which];
        // Put together anew each time, where others may have lain before; of all lengths that are treated apart.
        let tail = "x".repeat(usize::try_from(random.below(40)).unwrap());
        let kind = random.below(3);
        let name = format!("remembered_{kind}_{tail}");
        let (a, b) = (
            format!("{}{tail}", random.below(3)),
            format!("{}", random.below(4)),
        );
        let labels = [("a", &*a), ("b", &*b)];
        let swapped = [labels[1], labels[0]];
        let labels = if random.below(2) == 0 {
            labels
        } else {
            swapped
        };
        let key = (which, name.clone(), a.clone(), b.clone());
        let result = match kind {
            0 => {
                *counts.entry(key).or_default() += 1;
                metrics.increment(&name, &labels)
            }
            1 => {
                *observed.entry(key).or_default() += 1;
                metrics.observe_histogram(&name, 1, &labels)
            }
            _ => {
                let level = f64::from(u32::try_from(random.below(1000)).unwrap());
                levels.insert(key, level);
                metrics.set_gauge(&name, level, &labels)
            }
        };
        result.into_inner().unwrap();
    }
    let snapshots = sets.each_ref().map(Metrics::snapshot);
    for ((which, name, a, b), count) in &counts {
        let labels = [("a", &**a), ("b", &**b)];
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let count = *count as f64;
        assert_eq!(
            snapshots[*which].counter(name, &labels),
            Some(count),
            "{name}"
        );
    }
    for ((which, name, a, b), count) in &observed {
        let labels = [("a", &**a), ("b", &**b)];
        let histogram = snapshots[*which].histogram(name, &labels).unwrap();
        assert_eq!(histogram.count(), *count, "{name}");
    }
    for ((which, name, a, b), level) in &levels {
        let labels = [("a", &**a), ("b", &**b)];
        assert_eq!(
            snapshots[*which].gauge(name, &labels),
            Some(*level),
            "{name}"
        );
    }
    let series: usize = sets.iter().map(Metrics::series_count).sum();
    assert_eq!(series, counts.len() + observed.len() + levels.len());
}

#[test]
fn more_series_than_a_thread_remembers_are_exact() {
    const SERIES: u64 = 10_000;
    let metrics = Metrics::builder()
        .exporter(create_prometheus_exporter().unwrap())
        .max_label_combinations(usize::try_from(SERIES).unwrap())
        .build();
    for _ in 0..3 {
        for n in 0..SERIES {
            let client = n.to_string();
            let labels = [("client", &*client)];
            metrics
                .increment("remembered_many_total", &labels)
                .into_inner()
                .unwrap();
        }
    }
    let snapshot = metrics.snapshot();
    for n in 0..SERIES {
        let client = n.to_string();
        let count = snapshot.counter("remembered_many_total", &[("client", &client)]);
        assert_eq!(count, Some(3.0), "{n}");
    }
}

#[test]
fn label_values_that_are_too_much_to_remember_are_exact_too() {
    // As long and as many as are allowed by default.
    let metrics = set();
    let limits = metrics.limits();
    let names: Vec<String> = (0..limits.max_labels_per_metric)
        .map(|n| format!("label_{n:02}"))
        .collect();
    let long = "v".repeat(limits.max_label_value_length - 1);
    for end in ["a", "b", "a", "a"] {
        let values: Vec<String> = names.iter().map(|_| format!("{long}{end}")).collect();
        let labels: Vec<(&str, &str)> = names
            .iter()
            .map(|name| &**name)
            .zip(values.iter().map(|value| &**value))
            .collect();
        metrics
            .increment("remembered_long_total", &labels)
            .into_inner()
            .unwrap();
    }
    assert_eq!(metrics.series_count(), 2);
    let text = metrics.prometheus_exporter().unwrap().encode(Format::Text);
    let counts: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("remembered_long_total{"))
        .filter_map(|line| line.rsplit_once(' ').map(|(_, count)| count))
        .collect();
    assert_eq!(counts, ["3", "1"]);
}

#[tokio::test]
async fn a_name_that_was_removed_is_free_for_another_kind() {
    const NAME: &str = "remembered_reborn";
    let exporter = create_prometheus_exporter().unwrap();
    exporter.set_allow_metric_removal(true);
    let metrics = Metrics::builder()
        .exporter(exporter.clone())
        .propagate_errors(true)
        .build();
    for round in 0..50 {
        let labels = [("n", "1")];
        for _ in 0..3 {
            metrics.increment(NAME, &labels).await.unwrap();
        }
        let conflict = metrics.set_gauge(NAME, 1, &labels).await.unwrap_err();
        assert_eq!(conflict.error_type(), "type_conflict", "{round}");
        assert_eq!(
            metrics.snapshot().counter(NAME, &labels),
            Some(3.0),
            "{round}"
        );
        exporter.remove_counter(NAME).await.unwrap();
        for level in [7, 8] {
            metrics.set_gauge(NAME, level, &labels).await.unwrap();
        }
        let conflict = metrics.increment(NAME, &labels).await.unwrap_err();
        assert_eq!(conflict.error_type(), "type_conflict", "{round}");
        assert_eq!(
            metrics.snapshot().gauge(NAME, &labels),
            Some(8.0),
            "{round}"
        );
        exporter.remove_gauge(NAME).await.unwrap();
        // With other labels.
        metrics.increment(NAME, &[]).await.unwrap();
        let mismatch = metrics.increment(NAME, &labels).await.unwrap_err();
        assert_eq!(mismatch.error_type(), "label_mismatch", "{round}");
        exporter.remove_counter(NAME).await.unwrap();
    }
}
