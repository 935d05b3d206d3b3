//! Random families, written by a second, naive encoder from what was recorded into them. Long, as that encoder is whole.

use super::*;
use crate::cells;
use crate::descriptor::Descriptor;
use crate::family::{Cap, Definition, Family, Origin, Shape};
use proptest::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

const BOUNDS: [&[f64]; 3] = [&[0.5, 2.0], &[-1.0, 1.0], &[0.25, 1.0, 4.0, 16.0, 64.0]];

#[derive(Clone, Copy, Debug)]
enum Type {
    Whole,
    Real,
    Gauge,
    /// With which bounds.
    Histogram(usize),
}

/// Recorded: values of the labels, a number, by which thread, and whether in the scope only.
type Recording = (Vec<String>, u32, usize, bool);

#[derive(Debug)]
struct Case {
    kind: Type,
    labels: Vec<&'static str>,
    recordings: Vec<Recording>,
    constant: Vec<(&'static str, &'static str)>,
    prefix: &'static str,
    format: Format,
    /// Whether it is read in a scope, in which only some of it was recorded.
    scoped: bool,
}

impl Case {
    fn family(&self) -> Family {
        let descriptor = match self.kind {
            Type::Whole | Type::Real => Descriptor::counter("drawn_total", "Drawn \\ \"so\"."),
            Type::Gauge => Descriptor::gauge("drawn", "Drawn."),
            Type::Histogram(_) => Descriptor::histogram("drawn_seconds", "Drawn."),
        };
        let mut definition = Definition::from(&descriptor);
        definition.labels = self.labels.iter().copied().map(Cow::Borrowed).collect();
        definition.real = matches!(self.kind, Type::Real);
        if let Type::Histogram(bounds) = self.kind {
            definition.bounds = BOUNDS[bounds];
        }
        let cap = Arc::new(Cap::new(100_000));
        let shape = Shape::unknown(self.labels.len());
        Family::new(definition, shape, &cap, Origin::Own, 1_000)
    }

    fn style(&self, constant: &[ConstantLabel], check: impl FnOnce(Style<'_>)) {
        check(Style {
            format: self.format,
            prefix: self.prefix,
            constant,
        });
    }

    fn is_seen(&self, (.., in_scope): &Recording) -> bool {
        !self.scoped || *in_scope
    }

    /// What is to be written: of each series that is seen, by its values in the order of the labels' names, the numbers.
    fn numbers(&self) -> BTreeMap<Vec<(&str, &str)>, Vec<u32>> {
        let mut numbers = BTreeMap::<_, Vec<u32>>::new();
        for recording in self.recordings.iter().filter(|one| self.is_seen(one)) {
            let (values, n, ..) = recording;
            let pairs = self
                .labels
                .iter()
                .copied()
                .zip(values.iter().map(|value| &**value));
            let mut pairs: Vec<_> = pairs.collect();
            pairs.sort_unstable();
            numbers.entry(pairs).or_default().push(*n);
        }
        numbers
    }

    fn naive(&self) -> String {
        let mut out = String::new();
        let escaped = |text: &str| text.replace('\\', "\\\\").replace('\n', "\\n");
        let (family, sample, kind, help) = match (self.kind, self.format) {
            (Type::Whole | Type::Real, Format::Text) => {
                ("drawn_total", "drawn_total", "counter", r#"Drawn \\ "so"."#)
            }
            (Type::Whole | Type::Real, Format::OpenMetrics) => {
                ("drawn", "drawn_total", "counter", r#"Drawn \\ \"so\"."#)
            }
            (Type::Gauge, _) => ("drawn", "drawn", "gauge", "Drawn."),
            (Type::Histogram(_), _) => ("drawn_seconds", "drawn_seconds", "histogram", "Drawn."),
        };
        let prefix = self.prefix;
        for (pairs, numbers) in self.numbers() {
            if let Type::Gauge = self.kind
                && failing(numbers[numbers.len() - 1])
            {
                continue;
            }
            if out.is_empty() {
                out = format!("# HELP {prefix}{family} {help}\n# TYPE {prefix}{family} {kind}\n");
                if family.ends_with("_seconds") && self.format == Format::OpenMetrics {
                    writeln!(out, "# UNIT {prefix}{family} seconds").unwrap();
                }
            }
            let constant = self
                .constant
                .iter()
                .filter(|(name, _)| !self.labels.contains(name));
            let own = pairs.iter().filter(|(_, value)| !value.is_empty());
            let mut all: Vec<_> = own.chain(constant).collect();
            all.sort_unstable();
            let mut line = |suffix: &str, le: Option<String>, value: String| {
                let texts = all.iter().map(|(name, value)| {
                    format!("{name}=\"{}\"", escaped(value).replace('"', "\\\""))
                });
                let texts: Vec<String> = texts.chain(le.map(|le| format!("le=\"{le}\""))).collect();
                let labels = if texts.is_empty() {
                    String::new()
                } else {
                    format!("{{{}}}", texts.join(","))
                };
                writeln!(out, "{prefix}{sample}{suffix}{labels} {value}").unwrap();
            };
            match self.kind {
                Type::Whole => line(
                    "",
                    None,
                    numbers
                        .iter()
                        .map(|n| u64::from(*n))
                        .sum::<u64>()
                        .to_string(),
                ),
                Type::Real => line(
                    "",
                    None,
                    numbers.iter().copied().map(real).sum::<f64>().to_string(),
                ),
                Type::Gauge => line("", None, real(numbers[numbers.len() - 1]).to_string()),
                Type::Histogram(bounds) => {
                    let values: Vec<f64> = numbers.iter().copied().map(real).collect();
                    for bound in BOUNDS[bounds] {
                        let below = values.iter().filter(|value| *value <= bound).count();
                        line("_bucket", Some(format!("{bound:?}")), below.to_string());
                    }
                    line("_bucket", Some("+Inf".to_owned()), values.len().to_string());
                    if self.format == Format::Text || BOUNDS[bounds][0] >= 0.0 {
                        line("_sum", None, values.iter().sum::<f64>().to_string());
                        line("_count", None, values.len().to_string());
                    }
                }
            }
        }
        out
    }

    fn record(&self, family: &Family) {
        let threads: Vec<_> = (0..3).collect();
        #[cfg(feature = "testing")]
        let scope = cells::Holder::new(false);
        for thread in threads {
            // One after the other, since the last value of a gauge counts; on pages of their own as far as there are any.
            std::thread::scope(|s| {
                s.spawn(|| {
                    for (values, n, ..) in self
                        .recordings
                        .iter()
                        .filter(|(.., by, in_scope)| *by == thread && (!self.scoped || !*in_scope))
                    {
                        self.record_one(family, values, *n, !self.scoped);
                    }
                    #[cfg(feature = "testing")]
                    if self.scoped {
                        let _inside = scope.enter();
                        for (values, n, ..) in self
                            .recordings
                            .iter()
                            .filter(|(.., by, in_scope)| *by == thread && *in_scope)
                        {
                            self.record_one(family, values, *n, true);
                        }
                    }
                });
            });
        }
        #[cfg(feature = "testing")]
        if self.scoped {
            let _inside = scope.enter();
            self.check(family);
            return;
        }
        self.check(family);
    }

    /// With a closure, if it is a gauge and that is wanted: one is read in every scope.
    fn record_one(&self, family: &Family, values: &[String], n: u32, with_closure: bool) {
        let texts: Vec<&str> = values.iter().map(|value| &**value).collect();
        match self.kind {
            Type::Whole => family.with_cells(&texts, |at| cells::add(at.numbers, u64::from(n))),
            Type::Real => family.with_cells(&texts, |at| cells::add_f64(at.numbers, real(n))),
            Type::Gauge => {
                let pin = family.gauge(&texts);
                let gauge = pin.gauge().unwrap();
                gauge.set(real(n));
                let value = if failing(n) { f64::NAN } else { real(n) };
                if with_closure {
                    gauge.observe_with(Arc::new(move || value));
                }
            }
            Type::Histogram(bounds) => family.with_cells(&texts, |at| {
                let bucket = BOUNDS[bounds].partition_point(|bound| *bound < real(n));
                cells::observe(at.numbers, bucket, real(n));
            }),
        }
    }

    fn check(&self, family: &Family) {
        let constant = self
            .constant
            .iter()
            .map(|(name, value)| ConstantLabel::new(name, value));
        let constant: Vec<ConstantLabel> = constant.collect();
        let mut scratch = Scratch::default();
        self.style(&constant, |style| {
            let mut out = String::from("# before\n");
            write_family(&mut out, family, style, &mut scratch);
            // Again, with what the first left behind.
            write_family(&mut out, family, style, &mut scratch);
            assert_eq!(out, format!("# before\n{0}{0}", self.naive()));
        });
    }
}

/// Quarters, so that their sums are exact and short.
fn real(n: u32) -> f64 {
    f64::from(n) / 4.0
}

/// Whether a gauge of this value has a closure that fails.
fn failing(n: u32) -> bool {
    n.is_multiple_of(3)
}

fn case() -> impl Strategy<Value = Case> {
    let value = prop_oneof![
        3 => Just(String::new()),
        6 => "[a-z]{1,12}",
        2 => "[\"\\\\\nü€𝄞,={}]{1,6}",
        1 => "[a-z/é]{40,80}",
        1 => "[a-z/é]{100,200}",
    ];
    let number = prop_oneof![
        1..10_u32,
        990..1_010_u32,
        999_990..1_000_010_u32,
        Just(u32::MAX)
    ];
    let recording = (
        prop::collection::vec(value, 4),
        number,
        0..3_usize,
        any::<bool>(),
    );
    let kind = prop_oneof![
        Just(Type::Whole),
        Just(Type::Real),
        Just(Type::Gauge),
        (0..BOUNDS.len()).prop_map(Type::Histogram),
    ];
    let labels = Just(vec!["client", "code", "a", "zone"]).prop_shuffle();
    let constant = prop::sample::subsequence(
        vec![
            ("aa", "1"),
            ("code", "clash"),
            ("d", "\"ü\\"),
            ("zz", "last"),
        ],
        0..=4,
    );
    (
        (kind, labels, 0..=4_usize, any::<bool>()),
        prop::collection::vec(recording, 0..40),
        constant,
        prop_oneof![Just(""), Just("ns_")],
        prop_oneof![Just(Format::Text), Just(Format::OpenMetrics)],
    )
        .prop_map(
            |((kind, mut labels, many, scoped), mut recordings, constant, prefix, format)| {
                labels.truncate(many);
                // One thread after the other records.
                recordings.sort_by_key(|(_, _, thread, _)| *thread);
                for (values, ..) in &mut recordings {
                    values.truncate(many);
                }
                Case {
                    kind,
                    labels,
                    recordings,
                    constant,
                    prefix,
                    format,
                    scoped: scoped && cfg!(feature = "testing"),
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_text_is_what_a_naive_encoder_writes(case in case()) {
        case.record(&case.family());
    }
}

#[test]
fn many_series_in_no_order_over_many_chunks() {
    for kind in [Type::Whole, Type::Real, Type::Histogram(2)] {
        // Coprime to their number: an order that is neither that of the labels nor backwards.
        let recordings = (0..6_000_u32).map(|i| {
            let series = i * 1_237 % 2_000;
            (
                vec![format!("client-{series}")],
                series % 300,
                i as usize / 2_000,
                true,
            )
        });
        let case = Case {
            kind,
            labels: vec!["client"],
            recordings: recordings.collect(),
            constant: Vec::new(),
            prefix: "",
            format: Format::Text,
            scoped: false,
        };
        case.record(&case.family());
    }
}

#[test]
fn what_comes_and_goes_between_two_scrapes_comes_and_goes() {
    let mut definition = Definition::from(&Descriptor::counter("fickle_total", "Fickle."));
    definition.labels = Box::new([Cow::Borrowed("n")]);
    let cap = Arc::new(Cap::new(10));
    let family = Family::new(definition, Shape::unknown(1), &cap, Origin::Named, 256);
    let family = Arc::new(family);
    let mut scratch = Scratch::default();
    let mut text = || {
        let mut out = String::new();
        write_family(&mut out, &family, Style::default(), &mut scratch);
        out.lines().skip(2).map(str::to_owned).collect::<Vec<_>>()
    };
    let add = |label: &str| family.with_cells(&[label], |at| cells::add(at.numbers, 1));
    assert_eq!(text(), [""; 0]);
    add("b");
    assert_eq!(text(), [r#"fickle_total{n="b"} 1"#]);
    add("c");
    add("a");
    add("b");
    let all = [
        r#"fickle_total{n="a"} 1"#,
        r#"fickle_total{n="b"} 2"#,
        r#"fickle_total{n="c"} 1"#,
    ];
    assert_eq!(text(), all);
    let mut retired = Vec::new();
    family.sweep(0, 100, u64::MAX, &mut retired);
    add("a");
    add("c");
    assert!(family.sweep(100, 100, u64::MAX, &mut retired));
    assert_eq!(
        text(),
        [r#"fickle_total{n="a"} 2"#, r#"fickle_total{n="c"} 2"#]
    );
    // It begins at zero, where it was; on a thread that does not remember the old one.
    std::thread::scope(|s| {
        s.spawn(|| add("b"));
    });
    assert_eq!(text()[1], r#"fickle_total{n="b"} 1"#);
}

#[test]
fn sums_that_overflow_stay_at_the_largest_number() {
    let case = Case {
        kind: Type::Real,
        labels: vec!["n"],
        recordings: Vec::new(),
        constant: Vec::new(),
        prefix: "",
        format: Format::Text,
        scoped: false,
    };
    let family = case.family();
    for _ in 0..2 {
        // At the same time, so that each has a page.
        let barrier = std::sync::Barrier::new(3);
        std::thread::scope(|s| {
            for _ in 0..3 {
                s.spawn(|| {
                    family.with_cells(&["x"], |at| cells::add_f64(at.numbers, f64::MAX));
                    family.with_cells(&["y"], |at| cells::add_f64(at.numbers, 0.5));
                    barrier.wait();
                });
            }
        });
    }
    let mut out = String::new();
    write_family(&mut out, &family, Style::default(), &mut Scratch::default());
    let lines: Vec<&str> = out.lines().skip(2).collect();
    assert_eq!(
        lines,
        [
            r#"drawn_total{n="x"} 1.7976931348623157e308"#,
            r#"drawn_total{n="y"} 3"#
        ]
    );
}
