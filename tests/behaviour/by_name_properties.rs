//! Whatever is recorded by name: exactly recorded, or refused and counted.

use instrumetrics::{
    Metrics, MetricsError, MetricsErrorConfig, MetricsResourceConfig, MonitoringConfig, Number,
    Value, create_prometheus_exporter, metrics, snapshot,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::Config;
use std::collections::BTreeMap;
use std::future::Ready;
use std::time::Duration;

#[metrics(namespace = "property")]
mod declared {
    use instrumetrics::Counter;

    /// A counter of reals, reached by name.
    pub fn fuel_total(n: u64) -> Counter<f64>;
}

/// So many cases (a debug build takes a 25th), and no files about failures: proptest prints what fails.
fn cases(cases: u32) -> Config {
    Config {
        cases: if cfg!(debug_assertions) {
            cases / 25
        } else {
            cases
        },
        failure_persistence: None,
        ..Config::default()
    }
}

/// A number of any kind that users have.
#[derive(Clone, Copy, Debug)]
enum Any {
    F64(f64),
    F32(f32),
    U64(u64),
    I64(i64),
    U128(u128),
    I128(i128),
    Duration(Duration),
}

fn any_number() -> impl Strategy<Value = Any> {
    prop_oneof![
        // All bits: infinities, subnormals, every NaN.
        any::<u64>().prop_map(|bits| Any::F64(f64::from_bits(bits))),
        any::<u32>().prop_map(|bits| Any::F32(f32::from_bits(bits))),
        any::<u64>().prop_map(Any::U64),
        any::<i64>().prop_map(Any::I64),
        any::<u128>().prop_map(Any::U128),
        any::<i128>().prop_map(Any::I128),
        (any::<u64>(), 0..1_000_000_000_u32)
            .prop_map(|(seconds, nanos)| Any::Duration(Duration::new(seconds, nanos))),
        // What people write, and the edges.
        (-1000..1000_i64).prop_map(Any::I64),
        (-1000..1000_i32).prop_map(|n| Any::F64(f64::from(n) / 4.0)),
        prop::sample::select(vec![
            Any::F64(0.0),
            Any::F64(-0.0),
            Any::F64(f64::MIN_POSITIVE),
            Any::F64(-5e-324),
            Any::F64(f64::MAX),
            Any::F64(9_007_199_254_740_993.0),
            Any::F64(18_446_744_073_709_551_616.0),
            Any::F64(f64::NAN),
            Any::F64(f64::INFINITY),
            Any::F64(f64::NEG_INFINITY),
            Any::U64(u64::MAX),
            Any::U64((1 << 53) + 1),
            Any::I64(i64::MIN),
            Any::Duration(Duration::MAX),
            Any::Duration(Duration::from_secs((1 << 53) + 1)),
            Any::Duration(Duration::ZERO),
            Any::Duration(Duration::from_nanos(1)),
        ]),
    ]
}

impl Any {
    /// Calls an operation with the number as it is.
    fn give<R>(self, f: impl Generic<R>) -> R {
        match self {
            Self::F64(n) => f.call(n),
            Self::F32(n) => f.call(n),
            Self::U64(n) => f.call(n),
            Self::I64(n) => f.call(n),
            Self::U128(n) => f.call(n),
            Self::I128(n) => f.call(n),
            Self::Duration(n) => f.call(n),
        }
    }

    /// What a gauge or histogram holds of it: the nearest real number, if that is finite.
    #[expect(clippy::cast_precision_loss, reason = "the nearest is meant")]
    fn real(self) -> Option<f64> {
        let real = match self {
            Self::F64(n) => n,
            Self::F32(n) => f64::from(n),
            Self::U64(n) => n as f64,
            Self::I64(n) => n as f64,
            Self::U128(n) => n as f64,
            Self::I128(n) => n as f64,
            Self::Duration(n) => n.as_secs_f64(),
        };
        real.is_finite().then_some(real)
    }

    /// What a counter of whole things counts: nothing negative or fractional, and at most what it can hold.
    fn whole(self) -> Option<u64> {
        match self {
            Self::U64(n) => Some(n),
            Self::I64(n) => u64::try_from(n).ok(),
            Self::U128(n) => Some(u64::try_from(n).unwrap_or(u64::MAX)),
            Self::I128(n) if n < 0 => None,
            Self::I128(n) => Some(u64::try_from(n).unwrap_or(u64::MAX)),
            Self::Duration(n) => (n.subsec_nanos() == 0).then_some(n.as_secs()),
            Self::F64(_) | Self::F32(_) => {
                let real = self.real()?;
                if real < 0.0 || real.trunc() != real {
                    return None;
                }
                // Its decimal digits, which are those of a whole number: no cast.
                let digits = format!("{:.0}", real.abs());
                Some(digits.parse().unwrap_or(u64::MAX))
            }
        }
    }
}

/// A function over numbers of every type.
trait Generic<R> {
    fn call(self, number: impl Number) -> R;
}

#[derive(Clone, Copy)]
enum Operation {
    IncrementBy,
    SetGauge,
    IncrementGauge,
    DecrementGauge,
    Observe,
}

struct Perform<'a>(&'a Metrics, Operation, &'a str, &'a [(&'a str, &'a str)]);

impl Generic<Ready<Result<(), MetricsError>>> for Perform<'_> {
    fn call(self, number: impl Number) -> Ready<Result<(), MetricsError>> {
        let Self(metrics, operation, name, labels) = self;
        match operation {
            Operation::IncrementBy => metrics.increment_by(name, number, labels),
            Operation::SetGauge => metrics.set_gauge(name, number, labels),
            Operation::IncrementGauge => metrics.increment_gauge(name, number, labels),
            Operation::DecrementGauge => metrics.decrement_gauge(name, number, labels),
            Operation::Observe => metrics.observe_histogram(name, number, labels),
        }
    }
}

fn of_its_own(resource: MetricsResourceConfig, propagate_errors: bool) -> Metrics {
    Metrics::with_full_config(
        create_prometheus_exporter().unwrap(),
        MonitoringConfig::default(),
        resource,
        MetricsErrorConfig {
            propagate_errors,
            log_validation_errors: false,
            ..Default::default()
        },
    )
}

fn invalid_values(name: &str, operation: &str) -> f64 {
    let labels = [
        ("metric_name", name),
        ("operation", operation),
        ("error_type", "invalid_value"),
    ];
    let family = "metrics_validation_errors_total";
    snapshot().counter(family, &labels).unwrap_or(0.0)
}

/// Performs one operation on a fresh series, in both modes, and returns the value of the series.
///
/// Where it is refused there must be no series, an error, and one more in the count.
fn once(
    operation: Operation,
    method: &str,
    name: &str,
    number: Any,
) -> Result<Option<Value>, TestCaseError> {
    let mut values = Vec::new();
    for propagate in [false, true] {
        let metrics = of_its_own(MetricsResourceConfig::default(), propagate);
        let before = invalid_values(name, method);
        let result = number.give(Perform(&metrics, operation, name, &[]));
        let result = result.into_inner().map_err(|error| error.error_type());
        let snapshot = metrics.snapshot();
        let family = snapshot.families().find(|family| family.name == name);
        let value = family.map(|family| family.series[0].value.clone());
        let refused = invalid_values(name, method) - before;
        let recorded = value.is_some();
        prop_assert_eq!(refused, if recorded { 0.0 } else { 1.0 });
        prop_assert_eq!(metrics.series_count(), usize::from(recorded));
        let expected = if recorded || !propagate {
            Ok(())
        } else {
            Err("invalid_value")
        };
        prop_assert_eq!(result, expected);
        values.push(value);
    }
    prop_assert_eq!(&values[0], &values[1]);
    Ok(values.swap_remove(0))
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn any_number_is_counted_exactly_or_refused(number in any_number()) {
        let value = once(Operation::IncrementBy, "increment_by", "property_whole_total", number)?;
        prop_assert_eq!(value, number.whole().map(Value::Count));
    }

    #[test]
    fn any_number_is_set_exactly_or_refused(number in any_number()) {
        let value = once(Operation::SetGauge, "set_gauge", "property_set", number)?;
        prop_assert_eq!(value, number.real().map(Value::Gauge));
    }

    #[test]
    fn any_number_is_added_to_a_gauge_exactly_or_refused(number in any_number()) {
        let value = once(Operation::IncrementGauge, "increment_gauge", "property_raised", number)?;
        prop_assert_eq!(value, number.real().map(Value::Gauge));
        let value = once(Operation::DecrementGauge, "decrement_gauge", "property_lowered", number)?;
        prop_assert_eq!(value, number.real().map(|real| Value::Gauge(-real)));
    }

    #[test]
    fn any_number_is_observed_in_its_bucket_or_refused(number in any_number()) {
        let value = once(Operation::Observe, "observe_histogram", "property_seconds", number)?;
        match (value, number.real()) {
            (Some(Value::Histogram(histogram)), Some(real)) => {
                prop_assert_eq!((histogram.count(), histogram.sum()), (1, real));
                for (bound, cumulative) in histogram.buckets() {
                    prop_assert_eq!(cumulative, u64::from(real <= bound), "{} up to {}", real, bound);
                }
            }
            (value, real) => prop_assert_eq!((value, real), (None, None)),
        }
    }

    /// A declared counter of reals takes every real that is not negative, and its series are its own.
    #[test]
    fn any_number_is_added_to_a_real_counter_exactly_or_refused(number in any_number(), n in any::<u64>()) {
        let metrics = of_its_own(MetricsResourceConfig::default(), true);
        let n = (n % 64).to_string();
        let labels = [("n", &*n)];
        let before = snapshot().counter("property_fuel_total", &labels).unwrap_or(0.0);
        // Not beyond what an `f64` holds.
        let number = match number {
            Any::F64(n) if n > 1e300 && n.is_finite() => Any::F64(1e300),
            number => number,
        };
        let result = number.give(Perform(&metrics, Operation::IncrementBy, "property_fuel_total", &labels));
        let grown = number.real().filter(|real| *real >= 0.0);
        let now = snapshot().counter("property_fuel_total", &labels).unwrap_or(0.0);
        prop_assert_eq!(now, before + grown.unwrap_or(0.0));
        prop_assert_eq!(result.into_inner().is_ok(), grown.is_some());
    }

    /// Labels in any order are one series, and other values or none are another.
    #[test]
    fn label_order_never_makes_a_second_series(
        values in vec("[ab]{0,2}|\\PC{0,3}", 0..20),
        orders in vec(any::<u64>(), 1..6),
        changed in any::<prop::sample::Index>(),
    ) {
        // Both ways of keeping labels: few in place and many on the heap.
        let resource = MetricsResourceConfig { max_labels_per_metric: 32, ..Default::default() };
        let metrics = of_its_own(resource, true);
        let names: Vec<String> = (0..values.len()).map(|n| format!("l{n}")).collect();
        let labels: Vec<(&str, &str)> =
            names.iter().zip(&values).map(|(name, value)| (&**name, &**value)).collect();
        for order in &orders {
            let mut shuffled = labels.clone();
            // Any permutation: sorted by numbers that the order chooses.
            shuffled.sort_by_cached_key(|(name, _)| {
                let place: u64 = name[1..].parse().unwrap();
                (place + 1).wrapping_mul(order | 1).rotate_left(17) ^ order
            });
            let counted = metrics.increment("permuted_total", &shuffled).into_inner();
            prop_assert_eq!(counted, Ok(()));
        }
        prop_assert_eq!(metrics.series_count(), 1);
        let total = metrics.snapshot().counter("permuted_total", &labels);
        prop_assert_eq!(total, Some(orders.len() as f64));
        if !labels.is_empty() {
            let mut other = labels.clone();
            other[changed.index(labels.len())].1 = "something else";
            let counted = metrics.increment("permuted_total", &other).into_inner();
            prop_assert_eq!(counted, Ok(()));
            prop_assert_eq!(metrics.series_count(), 2);
            prop_assert_eq!(metrics.snapshot().counter("permuted_total", &other), Some(1.0));
        }
    }
}

/// What one step does, and to which of a few series.
fn step() -> impl Strategy<Value = (u8, u8, u32)> {
    (0..4_u8, 0..6_u8, 0..1000_u32)
}

proptest! {
    #![proptest_config(cases(800))]

    /// Many operations on a few series under a cap, against a model: sums are exact, the cap holds, the excess is
    /// in the overflow series.
    #[test]
    fn sequences_of_operations_agree_with_a_model(steps in vec(step(), 1..200), cap in 0..8_usize) {
        let resource = MetricsResourceConfig { max_label_combinations: cap, ..Default::default() };
        let metrics = of_its_own(resource, true);
        let mut model: BTreeMap<(u8, String), f64> = BTreeMap::new();
        for (what, series, amount) in steps {
            let name = ["model_total", "model_level", "model_seconds", "model_level"][usize::from(what)];
            let value = format!("s{series}");
            let kind = if what == 3 { 1 } else { what };
            let places = model.keys().filter(|(_, value)| value != "__overflow__").count();
            let kept = model.contains_key(&(kind, value.clone())) || places < cap;
            let key = (kind, if kept { value.clone() } else { "__overflow__".to_owned() });
            let held = model.entry(key).or_insert(0.0);
            let labels = [("v", &*value)];
            let result = match what {
                0 => metrics.increment_gauge(name, amount, &labels),
                1 => metrics.set_gauge(name, amount, &labels),
                2 => metrics.observe_histogram(name, amount, &labels),
                _ => metrics.decrement_gauge(name, amount, &labels),
            };
            prop_assert_eq!(result.into_inner(), Ok(()));
            let amount = f64::from(amount);
            match what {
                1 => *held = amount,
                3 => *held -= amount,
                _ => *held += amount,
            }
        }
        let snapshot = metrics.snapshot();
        for ((kind, value), expected) in &model {
            let labels = [("v", &**value)];
            let found = match kind {
                0 => snapshot.gauge("model_total", &labels),
                1 => snapshot.gauge("model_level", &labels),
                _ => snapshot.histogram("model_seconds", &labels).map(|histogram| histogram.sum()),
            };
            prop_assert_eq!(found, Some(*expected), "{} {}", kind, value);
        }
        let kept = model.keys().filter(|(_, value)| value != "__overflow__").count();
        prop_assert_eq!(metrics.series_count(), kept);
    }
}
