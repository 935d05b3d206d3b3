//! The Prometheus exporter and the registry that is its door.

use instrumetrics::prometheus::core::{Collector, Desc};
use instrumetrics::prometheus::{self, proto};
use instrumetrics::{
    Format, Metrics, PrometheusConfig, PrometheusExporter, Value, create_prometheus_exporter,
    metrics, snapshot,
};

#[metrics]
mod own {
    use instrumetrics::{Counter, Gauge};

    /// Ours.
    pub fn ours_total(kind: &str) -> Counter;

    /// Taken.
    pub fn taken() -> Gauge;

    /// Registered by a foreign collector.
    pub fn met_in_gather_total(n: u32) -> Counter;
}

#[test]
fn the_registry_sees_ours_and_we_see_what_is_registered_there() {
    own::ours_total("a").inc_by(3);
    let exporter = create_prometheus_exporter().unwrap();
    let theirs = prometheus::IntCounter::new("theirs_total", "Theirs.").unwrap();
    theirs.inc_by(5);
    exporter.registry().register(Box::new(theirs)).unwrap();
    let waits = prometheus::Histogram::with_opts(
        prometheus::HistogramOpts::new("their_wait_seconds", "Waits.").buckets(vec![1.0, 2.0]),
    )
    .unwrap();
    waits.observe(1.5);
    exporter.registry().register(Box::new(waits)).unwrap();

    let text = exporter.clone().encode(Format::Text);
    assert!(text.contains("\nours_total{kind=\"a\"} 3\n"));
    assert!(
        text.contains("# HELP theirs_total Theirs.\n# TYPE theirs_total counter\ntheirs_total 5\n")
    );
    assert!(text.contains(concat!(
        "their_wait_seconds_bucket{le=\"1.0\"} 0\n",
        "their_wait_seconds_bucket{le=\"2.0\"} 1\n",
        "their_wait_seconds_bucket{le=\"+Inf\"} 1\n",
        "their_wait_seconds_sum 1.5\n",
        "their_wait_seconds_count 1\n",
    )));
    assert_eq!(text.matches("# TYPE ours_total ").count(), 1);
    let open = exporter.encode(Format::OpenMetrics);
    assert!(open.contains("# TYPE theirs counter\ntheirs_total 5\n"));

    let gathered = exporter.registry().gather();
    let ours = gathered
        .iter()
        .find(|family| family.name() == "ours_total")
        .unwrap();
    let of_a = |metric: &&proto::Metric| metric.get_label()[0].value() == "a";
    assert_eq!(ours.get_metric().iter().filter(of_a).count(), 1);
    assert!(
        gathered
            .iter()
            .any(|family| family.name() == "theirs_total")
    );
}

#[test]
fn a_foreign_metric_of_one_of_our_names_is_left_out_and_counted() {
    own::taken().set(1);
    let exporter = create_prometheus_exporter().unwrap();
    let taken = prometheus::Gauge::new("taken", "Taken too.").unwrap();
    taken.set(2.0);
    exporter.registry().register(Box::new(taken)).unwrap();
    // By its samples: a counter `ours` would write `ours_total`.
    let sly = prometheus::IntCounter::new("ours", "Sly.").unwrap();
    exporter.registry().register(Box::new(sly)).unwrap();
    let text = exporter.encode(Format::Text);
    assert!(text.contains("\ntaken 1\n") && !text.contains("\ntaken 2\n"));
    assert!(!text.contains("Sly."));
    let labels = [("exporter", "prometheus"), ("error_type", "collision")];
    let collisions = snapshot().counter("metrics_export_errors_total", &labels);
    assert!(collisions >= Some(2.0));
}

#[test]
fn what_cannot_be_encoded_is_left_out_and_counted() {
    struct Untyped(Desc);
    impl Collector for Untyped {
        fn desc(&self) -> Vec<&Desc> {
            vec![&self.0]
        }
        fn collect(&self) -> Vec<proto::MetricFamily> {
            let mut family = proto::MetricFamily::default();
            family.set_name("untyped_from_elsewhere".to_owned());
            family.set_field_type(proto::MetricType::UNTYPED);
            family.set_metric(vec![proto::Metric::default()]);
            vec![family]
        }
    }
    let desc = Desc::new(
        "untyped_desc".into(),
        "Help.".into(),
        vec![],
        std::collections::HashMap::default(),
    );
    let exporter = create_prometheus_exporter().unwrap();
    let untyped = Box::new(Untyped(desc.unwrap()));
    exporter.registry().register(untyped).unwrap();
    let errors = || {
        let labels = [("exporter", "prometheus"), ("error_type", "encoding")];
        snapshot().counter("metrics_export_errors_total", &labels)
    };
    let before = errors().unwrap_or(0.0);
    for format in [Format::Text, Format::OpenMetrics] {
        let text = exporter.encode(format);
        assert!(!text.contains("untyped_from_elsewhere"), "{text}");
        assert!(text.contains("metrics_build_info"));
    }
    assert_eq!(errors().unwrap_or(0.0) - before, 2.0);
}

#[test]
fn a_collector_may_register_metrics_of_ours_while_it_is_gathered() {
    struct Registers(std::sync::atomic::AtomicU32);
    impl Collector for Registers {
        fn desc(&self) -> Vec<&Desc> {
            Vec::new()
        }
        fn collect(&self) -> Vec<proto::MetricFamily> {
            let n = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            own::met_in_gather_total(n).inc();
            Vec::new()
        }
    }
    let exporter = create_prometheus_exporter().unwrap();
    // One without descriptors is there already, ours; the registry tells them apart by those.
    let refused = exporter.registry().register(Box::new(Registers(0.into())));
    assert!(refused.is_err());
    let registry = prometheus::Registry::new();
    registry.register(Box::new(Registers(0.into()))).unwrap();
    registry.gather();
    assert!(
        exporter
            .encode(Format::Text)
            .contains("met_in_gather_total{n=\"0\"} 1")
    );
}

#[test]
fn the_answer_fits_what_is_accepted() {
    let exporter = create_prometheus_exporter().unwrap();
    let (content_type, body) = exporter.encode_for("application/openmetrics-text");
    assert_eq!(
        content_type,
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    assert!(body.ends_with(b"# EOF\n"));
    let (content_type, _) = exporter.encode_for("text/html, */*;q=0.1");
    assert_eq!(content_type, "text/plain; version=0.0.4; charset=utf-8");
}

#[tokio::test]
async fn the_axum_route_negotiates() {
    use std::net::SocketAddr;
    let exporter = create_prometheus_exporter().unwrap();
    own::ours_total("axum").inc();
    let app: axum::Router =
        axum::Router::new().route("/metrics", instrumetrics::axum::metrics_route(exporter));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let body = tokio::task::spawn_blocking(move || {
        let mut response = ureq::get(format!("http://{address}/metrics"))
            .header("Accept", "application/openmetrics-text")
            .call()
            .unwrap();
        let content_type = response.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        (content_type, response.body_mut().read_to_string().unwrap())
    });
    let (content_type, body) = body.await.unwrap();
    assert!(content_type.starts_with("application/openmetrics-text"));
    assert!(body.contains("ours_total{kind=\"axum\"} 1\n"));
}

#[test]
fn a_namespace_goes_before_names_without_one_and_constant_labels_on_every_series() {
    #[metrics(namespace = "spaced")]
    mod spaced {
        use instrumetrics::Counter;

        /// Has a namespace.
        pub fn spaced_total(kind: &str) -> Counter;
    }
    own::ours_total("namespace").inc();
    spaced::spaced_total("x").inc();
    let exporter = PrometheusExporter::with_config(&PrometheusConfig {
        namespace: Some("acme".to_owned()),
        const_labels: vec![
            ("region".to_owned(), "e\"u".to_owned()),
            ("instance".to_owned(), "1".to_owned()),
        ],
        ..PrometheusConfig::default()
    })
    .unwrap();
    let metrics = Metrics::new(exporter.clone());
    drop(metrics.increment("named_total", &[("region", "own")]));
    let text = exporter.encode(Format::Text);
    assert!(
        text.contains("\nacme_ours_total{instance=\"1\",kind=\"namespace\",region=\"e\\\"u\"} 1\n")
    );
    assert!(
        text.contains("\nspaced_spaced_total{instance=\"1\",kind=\"x\",region=\"e\\\"u\"} 1\n")
    );
    assert!(text.contains("# TYPE acme_named_total counter\n"));
    assert!(text.contains("\nacme_named_total{instance=\"1\",region=\"own\"} 1\n"));
    let names: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .collect();
    assert!(names.is_sorted(), "{names:?}");
    assert!(
        exporter
            .registry()
            .gather()
            .iter()
            .any(|family| family.name() == "acme_ours_total")
    );

    // A foreign name is taken if ours is exposed under it, not if it is called so.
    let free = prometheus::Gauge::new("ours_total", "Free.").unwrap();
    exporter.registry().register(Box::new(free)).unwrap();
    let taken = prometheus::Gauge::new("acme_ours_total", "Occupied.").unwrap();
    exporter.registry().register(Box::new(taken)).unwrap();
    let text = exporter.encode(Format::Text);
    assert!(text.contains("Free."), "{text}");
    assert!(!text.contains("Occupied."), "{text}");

    let error_type = |namespace: Option<&str>, label: &str| {
        let config = PrometheusConfig {
            namespace: namespace.map(str::to_owned),
            const_labels: vec![(label.to_owned(), "v".to_owned())],
            ..PrometheusConfig::default()
        };
        PrometheusExporter::with_config(&config)
            .unwrap_err()
            .error_type()
    };
    assert_eq!(error_type(Some("a-b"), "fine"), "invalid_variable");
    assert_eq!(error_type(None, "le"), "invalid_variable");
    assert_eq!(error_type(None, "kind"), "conflict", "of a declared metric");
}

#[tokio::test]
async fn removal_needs_permission_and_the_right_kind() {
    let exporter = create_prometheus_exporter().unwrap();
    let metrics = Metrics::new(exporter.clone());
    let handle = metrics.counter("removed_total", &[("a", "1")]);
    handle.inc();
    drop(metrics.set_gauge("kept", 1, &[]));
    assert!(exporter.is_metric_removal_allowed());
    exporter.set_allow_metric_removal(false);
    let refused = exporter.remove_counter("removed_total").await.unwrap_err();
    assert_eq!(refused.error_type(), "rejected");
    exporter.set_allow_metric_removal(true);
    let wrong = exporter.remove_counter("kept").await.unwrap_err();
    assert_eq!(wrong.error_type(), "type_conflict");
    let declared = exporter.remove_counter("ours_total").await.unwrap_err();
    assert!(declared.to_string().contains("declared"), "{declared}");
    exporter.remove_counter("removed_total").await.unwrap();
    exporter.remove_counter("removed_total").await.unwrap_err();
    assert!(!exporter.encode(Format::Text).contains("removed_total"));
    assert_eq!(metrics.metric_count(), 1);

    // An old handle never writes into what comes after it.
    handle.inc_by(100);
    drop(metrics.increment("removed_total", &[("a", "1")]));
    handle.inc_by(100);
    assert_eq!(
        metrics.snapshot().counter("removed_total", &[("a", "1")]),
        Some(1.0)
    );
    for n in 0..100 {
        drop(metrics.increment("after_total", &[("n", &n.to_string())]));
    }
    handle.inc_by(100);
    let snapshot = metrics.snapshot();
    let after = snapshot
        .families()
        .find(|family| family.name == "after_total")
        .unwrap();
    assert!(
        after
            .series
            .iter()
            .all(|series| series.value == Value::Count(1))
    );
}

#[test]
fn two_names_that_the_namespace_makes_one_are_exposed_once() {
    #[metrics(namespace = "twin")]
    mod twin {
        use instrumetrics::Gauge;

        /// Declares the namespace.
        pub fn level() -> Gauge;
    }
    twin::level().set(1);
    let exporter = PrometheusExporter::with_config(&PrometheusConfig {
        namespace: Some("twin".to_owned()),
        ..PrometheusConfig::default()
    })
    .unwrap();
    let metrics = Metrics::new(exporter.clone());
    drop(metrics.set_gauge("level", 2, &[]));
    let text = exporter.encode(Format::Text);
    let lines = text.lines().filter(|line| line.contains("twin_level"));
    let lines: Vec<&str> = lines.collect();
    let expected = [
        "# HELP twin_level Declares the namespace.",
        "# TYPE twin_level gauge",
        "twin_level 1",
    ];
    assert_eq!(lines, expected);
}
