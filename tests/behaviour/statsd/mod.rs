//! The StatsD exporter: what a server of each dialect reads, and what happens when there is none.

mod grammar;
mod properties;
mod rig;
mod transports;

use instrumetrics::{
    Counter, Descriptor, Gauge, StatsdConfig, StatsdDialect, StatsdExporter, StatsdHistogramType,
    StatsdTransport,
};
use rig::{Rig, wait};
use std::time::Duration;

#[test]
fn what_changed_is_sent_once() {
    static DECLARED: Counter = Counter::new(&Descriptor::counter("statsd_declared_total", "Sent."));
    static REAL: Counter<f64> = Counter::real(&Descriptor::counter("statsd_real_total", "Sent."));
    static GAUGE: Gauge = Gauge::new(&Descriptor::gauge("statsd_level", "Sent."));
    let mut rig = Rig::new(|config| config.prefix = Some("acme.api".to_owned()));
    DECLARED.inc_by(5);
    REAL.inc_by(0.25);
    GAUGE.set(-2.5);
    let first = rig.flush("acme.api.statsd_");
    for line in [
        "acme.api.statsd_declared_total:5|c",
        "acme.api.statsd_real_total:0.25|c",
        "acme.api.statsd_level:0|g",
        "acme.api.statsd_level:-2.5|g",
    ] {
        assert_eq!(
            first.iter().filter(|sent| *sent == line).count(),
            1,
            "{first:?}"
        );
    }
    let ours = |lines: Vec<String>| -> Vec<String> {
        let ours = |line: &String| {
            ["declared", "real", "level:"]
                .iter()
                .any(|part| line.contains(&format!("statsd_{part}")))
        };
        lines.into_iter().filter(ours).collect()
    };
    assert_eq!(ours(rig.flush("acme.api.")), Vec::<String>::new());
    DECLARED.inc_by(2);
    GAUGE.set(4);
    GAUGE.set(7);
    assert_eq!(
        ours(rig.flush("acme.api.")),
        [
            "acme.api.statsd_declared_total:2|c",
            "acme.api.statsd_level:7|g"
        ]
    );
    // Another exporter has a baseline of its own.
    let mut other = Rig::new(|_| {});
    assert!(
        other
            .flush("")
            .contains(&"statsd_declared_total:7|c".to_owned())
    );
}

#[test]
fn each_dialect_writes_labels_its_own_way() {
    for (dialect, expected) in [
        (
            StatsdDialect::Plain,
            "statsd_dialects.b_k.one.zone.a_2fb_20c_c3_a9-d:1|c",
        ),
        (
            StatsdDialect::DogStatsd,
            "statsd_dialects:1|c|#b_k:one,zone:a/b_20cé-d",
        ),
        (
            StatsdDialect::Graphite,
            "statsd_dialects;b_k=one;zone=a_2fb_20c_c3_a9-d:1|c",
        ),
        (
            StatsdDialect::Influx,
            "statsd_dialects,b_k=one,zone=a/b_20cé-d:1|c",
        ),
    ] {
        let mut rig = Rig::new(|config| config.dialect = dialect);
        let labels = [("zone", "a/b cé-d"), ("b_k", "one"), ("absent", "")];
        wait(rig.metrics.increment("statsd_dialects", &labels)).unwrap();
        assert_eq!(rig.flush("statsd_dialects"), [expected]);
    }
}

#[test]
fn constant_labels_stand_among_the_others_and_the_metrics_own_win() {
    let mut rig = Rig::new(|config| {
        config.dialect = StatsdDialect::DogStatsd;
        config.const_labels = [("statsd_m", "eu"), ("statsd_z", "1"), ("statsd_none", "")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    });
    let metrics = rig.metrics.clone();
    wait(metrics.increment("statsd_constant", &[("a", "1"), ("statsd_y", "2")])).unwrap();
    wait(metrics.increment("statsd_constant_own", &[("statsd_m", "own")])).unwrap();
    assert_eq!(
        rig.flush("statsd_constant"),
        [
            "statsd_constant:1|c|#a:1,statsd_m:eu,statsd_y:2,statsd_z:1",
            "statsd_constant_own:1|c|#statsd_m:own,statsd_z:1"
        ]
    );
}

#[test]
fn histograms_are_values_inside_their_buckets() {
    let mut rig = Rig::new(|_| {});
    let metrics = rig.metrics.clone();
    let histogram = metrics.histogram("statsd_wait_seconds", &[]);
    histogram.observe(0.3);
    assert_eq!(rig.flush("statsd_wait"), ["statsd_wait_seconds:300|ms"]);
    // 1/49 is no exact decimal.
    (0..49).for_each(|_| histogram.observe(0.03));
    histogram.observe(20.0);
    let lines = rig.flush("statsd_wait");
    assert!(lines.iter().all(|line| line.contains("|ms")), "{lines:?}");
    assert_eq!(rig.server.timing_count("statsd_wait_seconds[]"), 51.0);
    let sum = rig.server.timing_sum("statsd_wait_seconds[]");
    assert!(
        (sum - (300.0 + 49.0 * 30.0 + 20_000.0)).abs() < 1e-6,
        "{sum}"
    );
    // What is no duration is not taken for one.
    metrics.histogram("statsd_body_bytes", &[]).observe(1000);
    assert_eq!(rig.flush("statsd_body"), ["statsd_body_bytes:1000|ms"]);
    for (dialect, kind, expected) in [
        (StatsdDialect::DogStatsd, None, "0.3|h"),
        (
            StatsdDialect::DogStatsd,
            Some(StatsdHistogramType::Timing),
            "300|ms",
        ),
        (
            StatsdDialect::Plain,
            Some(StatsdHistogramType::Distribution),
            "0.3|d",
        ),
        (
            StatsdDialect::Graphite,
            Some(StatsdHistogramType::Histogram),
            "0.3|h",
        ),
        (StatsdDialect::Influx, None, "300|ms"),
    ] {
        let mut rig = Rig::new(|config| {
            config.dialect = dialect;
            config.histogram_type = kind;
        });
        wait(
            rig.metrics
                .observe_histogram("statsd_types_seconds", 0.3, &[]),
        )
        .unwrap();
        assert_eq!(
            rig.flush("statsd_types"),
            [format!("statsd_types_seconds:{expected}")]
        );
    }
}

#[test]
fn negative_observations_are_counted_and_never_sent_as_negative_timings() {
    let observe = |rig: &mut Rig| {
        let histogram = rig.metrics.histogram("statsd_offset_seconds", &[]);
        for value in [-3.0, -0.5, 0.002, 4.0] {
            histogram.observe(value);
        }
        rig.flush("statsd_offset");
    };
    // The grammar refuses a negative timing.
    let mut timings = Rig::new(|_| {});
    observe(&mut timings);
    assert_eq!(timings.server.timing_count("statsd_offset_seconds[]"), 4.0);
    let mut histograms =
        Rig::new(|config| config.histogram_type = Some(StatsdHistogramType::Histogram));
    observe(&mut histograms);
    assert_eq!(
        histograms.server.timing_count("statsd_offset_seconds[]"),
        4.0
    );
    let sum = histograms.server.timing_sum("statsd_offset_seconds[]");
    assert!((sum - 0.502).abs() < 1e-12, "{sum}");
}

#[test]
fn two_series_that_become_one_name_are_not_merged() {
    let errors = || {
        let labels = [("exporter", "statsd"), ("error_type", "collision")];
        instrumetrics::snapshot()
            .counter("metrics_export_errors_total", &labels)
            .unwrap_or(0.0)
    };
    let mut rig = Rig::new(|_| {});
    let metrics = rig.metrics.clone();
    let before = errors();
    wait(metrics.increment_by("statsd_alike", 2, &[("k", "/")])).unwrap();
    assert_eq!(rig.flush("statsd_alike"), ["statsd_alike.k._2f:2|c"]);
    wait(metrics.increment_by("statsd_alike", 3, &[("k", "_2f")])).unwrap();
    wait(metrics.increment_by("statsd_alike", 5, &[("k", "/")])).unwrap();
    assert_eq!(rig.flush("statsd_alike"), ["statsd_alike.k._2f:5|c"]);
    assert!(errors() > before);
}

#[test]
fn packets_keep_to_their_limit_and_what_fits_in_none_is_dropped() {
    let errors = || {
        let labels = [("exporter", "statsd"), ("error_type", "encoding")];
        instrumetrics::snapshot()
            .counter("metrics_export_errors_total", &labels)
            .unwrap_or(0.0)
    };
    let mut rig = Rig::new(|config| config.max_packet_bytes = Some(200));
    let metrics = rig.metrics.clone();
    let before = errors();
    for length in 0..256 {
        let value = "v".repeat(length);
        wait(metrics.increment("statsd_long", &[("value", &value)])).unwrap();
    }
    let gauge = "g".repeat(90);
    wait(metrics.set_gauge("statsd_long_gauge", -1, &[("value", &gauge)])).unwrap();
    let sent = rig.flush("statsd_long");
    // `statsd_long.value.` and `:1|c` leave 178 bytes; without a label it is shorter.
    assert_eq!(sent.len(), 179);
    assert!(errors() >= before + 2.0);
    assert!(rig.packets.iter().all(|packet| packet.len() <= 200));
    // Not each line in a packet of its own.
    assert!(rig.packets.iter().any(|packet| packet.lines().count() > 2));
    // And it stays dropped.
    assert_eq!(rig.flush("statsd_long"), Vec::<String>::new());
}

#[test]
fn a_gauge_that_is_not_finite_is_left_out_and_a_huge_one_is_written_out() {
    static GAUGE: Gauge = Gauge::new(&Descriptor::gauge("statsd_endless", "Without end."));
    let mut rig = Rig::new(|_| {});
    GAUGE.observe_with(|| f64::INFINITY);
    assert_eq!(rig.flush("statsd_endless"), Vec::<String>::new());
    GAUGE.observe_with(|| f64::MAX);
    assert_eq!(
        rig.flush("statsd_endless"),
        [format!("statsd_endless:{}|g", f64::MAX)]
    );
}

/// What makes settings wrong.
type Change<'a> = &'a dyn Fn(&mut StatsdConfig);

#[test]
fn wrong_settings_are_refused() {
    let fails = |change: &dyn Fn(&mut StatsdConfig)| {
        let mut config = StatsdConfig::default();
        change(&mut config);
        let error = StatsdExporter::with_config(&config).unwrap_err();
        (error.name().to_owned(), error.error_type())
    };
    let cases: [(&str, Change<'_>); 8] = [
        ("host", &|config| "a b".clone_into(&mut config.host)),
        ("port", &|config| {
            config.port = 0;
        }),
        ("prefix", &|config| {
            config.prefix = Some("a|b".to_owned());
        }),
        ("sample_rate", &|config| {
            config.sample_rate = 0.0;
        }),
        ("sample_rate", &|config| {
            config.sample_rate = f64::NAN;
        }),
        ("max_packet_bytes", &|config| {
            config.max_packet_bytes = Some(10);
        }),
        ("interval", &|config| {
            config.interval = Duration::ZERO;
        }),
        ("le", &|config| {
            config.const_labels = vec![("le".to_owned(), "1".to_owned())];
        }),
    ];
    for (expected, change) in cases {
        assert_eq!(fails(change), (expected.to_owned(), "invalid_variable"));
    }
    #[cfg(unix)]
    assert_eq!(
        fails(&|config| {
            config.transport = StatsdTransport::Uds;
        }),
        ("socket".to_owned(), "missing_value")
    );
    let twice = |config: &mut StatsdConfig| {
        config.const_labels = vec![("a".to_owned(), "1".to_owned()); 2];
    };
    assert_eq!(fails(&twice), ("a".to_owned(), "conflict"));
}
