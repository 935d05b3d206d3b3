//! The Pushgateway: what is put where, and what is deleted.

use crate::peer::{Peer, Received, Reply};
use crate::push::wait;
use instrumetrics::{Metrics, PushgatewayConfig, PushgatewayExporter};
use std::time::Duration;

fn config(peer: &Peer) -> PushgatewayConfig {
    PushgatewayConfig {
        url: peer.url(""),
        job: "nightly".to_owned(),
        // Exports are asked for.
        interval: Duration::from_secs(3600),
        ..PushgatewayConfig::default()
    }
}

fn lines(request: &Received, name: &str) -> Vec<String> {
    let text = request.text();
    assert!(text.ends_with('\n'));
    let lines = text.lines().filter(|line| line.contains(name));
    lines.map(str::to_owned).collect()
}

#[test]
fn everything_is_put_into_the_group_as_text() {
    let peer = Peer::start(Reply::status(200));
    let exporter = PushgatewayExporter::new(PushgatewayConfig {
        url: peer.url("/gateway/"),
        grouping: vec![
            ("path".to_owned(), "/var/tmp".to_owned()),
            ("zone".to_owned(), String::new()),
        ],
        const_labels: vec![("region".to_owned(), "eu".to_owned())],
        namespace: Some("acme".to_owned()),
        basic_auth: Some("Aladdin:open sesame".into()),
        ..config(&peer)
    });
    let metrics = Metrics::new(exporter.unwrap());
    wait(metrics.increment_by("pg_put_total", 3, &[("a", "say \"x\"\n")])).unwrap();
    wait(metrics.export()).unwrap();
    wait(metrics.increment("pg_put_total", &[("a", "say \"x\"\n")])).unwrap();
    wait(metrics.export()).unwrap();
    let requests = peer.take();
    for (request, count) in requests.iter().zip([3, 4]) {
        assert_eq!(request.method, "PUT");
        assert_eq!(
            request.path,
            "/gateway/metrics/job/nightly/path@base64/L3Zhci90bXA=/zone@base64/="
        );
        assert_eq!(
            request.header("content-type"),
            Some("text/plain; version=0.0.4; charset=utf-8")
        );
        assert_eq!(
            request.header("authorization"),
            Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        );
        let sample = format!("acme_pg_put_total{{a=\"say \\\"x\\\"\\n\",region=\"eu\"}} {count}");
        assert_eq!(lines(request, "pg_put_total").last(), Some(&sample));
    }
    assert_eq!(requests.len(), 2);
}

#[test]
fn a_group_is_deleted_on_request() {
    let peer = Peer::start(Reply::status(202));
    let exporter = PushgatewayExporter::new(config(&peer)).unwrap();
    wait(exporter.delete()).unwrap();
    let request = peer.take().remove(0);
    assert_eq!(
        (&*request.method, &*request.path, &*request.body),
        ("DELETE", "/metrics/job/nightly", &b""[..])
    );
    for (reply, error_type) in [(Reply::body(403, "no"), "rejected"), (Reply::Nothing, "io")] {
        peer.otherwise(reply);
        let error = wait(exporter.delete()).unwrap_err();
        assert_eq!(error.error_type(), error_type, "{error}");
        assert_eq!(error.operation(), "delete");
    }
}

#[test]
fn the_last_push_is_on_shutdown_and_the_group_stays_unless_asked() {
    for delete in [false, true] {
        let peer = Peer::start(Reply::status(200));
        let exporter = PushgatewayExporter::new(PushgatewayConfig {
            delete_on_shutdown: delete,
            ..config(&peer)
        });
        let metrics = Metrics::new(exporter.unwrap());
        wait(metrics.increment("pg_last_total", &[])).unwrap();
        wait(metrics.export()).unwrap();
        wait(metrics.increment("pg_last_total", &[])).unwrap();
        wait(metrics.shutdown(Duration::from_secs(5))).unwrap();
        let requests = peer.take();
        let methods: Vec<&str> = requests.iter().map(|request| &*request.method).collect();
        let expected: &[&str] = if delete {
            &["PUT", "PUT", "DELETE"]
        } else {
            &["PUT", "PUT"]
        };
        assert_eq!(methods, expected);
        let last = lines(&requests[1], "pg_last_total");
        assert_eq!(last.last().unwrap(), "pg_last_total 2");
    }
}

#[test]
fn it_pushes_at_its_interval_and_comes_back_after_trouble() {
    let peer = Peer::start(Reply::status(503));
    let exporter = PushgatewayExporter::new(PushgatewayConfig {
        interval: Duration::from_millis(20),
        ..config(&peer)
    });
    let metrics = Metrics::new(exporter.unwrap());
    wait(metrics.increment("pg_interval_total", &[])).unwrap();
    peer.wait_for(2);
    peer.otherwise(Reply::status(200));
    let requests = peer.wait_for(5);
    let last = lines(requests.last().unwrap(), "pg_interval_total");
    assert_eq!(last.last().unwrap(), "pg_interval_total 1");
}

#[test]
fn what_the_gateway_refuses_is_an_error_and_not_tried_at_once() {
    let peer = Peer::start(Reply::body(400, "pushed metrics are invalid"));
    let metrics = Metrics::new(PushgatewayExporter::new(config(&peer)).unwrap());
    let error = wait(metrics.export()).unwrap_err();
    assert_eq!(error.error_type(), "rejected");
    assert!(error.to_string().contains("400: pushed metrics"), "{error}");
    std::thread::sleep(Duration::from_millis(1300));
    assert_eq!(peer.take().len(), 1);
}

#[test]
fn a_metric_whose_label_names_the_group_is_left_out_and_reported() {
    let errors = || {
        let labels = [("exporter", "pushgateway"), ("error_type", "collision")];
        let errors = instrumetrics::snapshot().counter("metrics_export_errors_total", &labels);
        errors.unwrap_or(0.0)
    };
    let peer = Peer::start(Reply::status(200));
    let metrics = Metrics::new(PushgatewayExporter::new(config(&peer)).unwrap());
    wait(metrics.increment("pg_clash_total", &[("job", "other")])).unwrap();
    wait(metrics.increment("pg_calm_total", &[])).unwrap();
    let before = errors();
    wait(metrics.export()).unwrap();
    let request = peer.take().remove(0);
    assert_eq!(lines(&request, "pg_clash_total"), [""; 0]);
    assert_eq!(lines(&request, "pg_calm_total").len(), 3);
    assert!(errors() > before);
}

fn label(name: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), "x".to_owned())]
}

type Change = dyn Fn(&mut PushgatewayConfig);

#[test]
fn settings_that_cannot_work_are_refused_and_secrets_are_not_shown() {
    let fine = || PushgatewayConfig {
        url: "http://localhost:1".to_owned(),
        job: "x".to_owned(),
        basic_auth: Some("user:sesame".into()),
        ..PushgatewayConfig::default()
    };
    let shown = format!(
        "{:?} {:?}",
        fine(),
        PushgatewayExporter::new(fine()).unwrap()
    );
    assert!(!shown.contains("sesame"), "{shown}");
    let changes: [(&Change, &str); 9] = [
        (&|config| config.url.clear(), "missing_value"),
        (&|config| config.job.clear(), "missing_value"),
        (
            &|config| config.url = "gateway".to_owned(),
            "invalid_variable",
        ),
        (
            &|config| config.basic_auth = Some("a\nb:c".into()),
            "invalid_variable",
        ),
        (
            &|config| config.basic_auth = Some("a".into()),
            "invalid_variable",
        ),
        (
            &|config| config.namespace = Some("a-b".to_owned()),
            "invalid_variable",
        ),
        (&|config| config.grouping = label("a-b"), "invalid_variable"),
        (&|config| config.grouping = label("job"), "conflict"),
        (
            &|config| {
                config.grouping = label("zone");
                config.const_labels = label("zone");
            },
            "conflict",
        ),
    ];
    for (change, error_type) in changes {
        let mut config = fine();
        change(&mut config);
        let error = PushgatewayExporter::new(config).unwrap_err();
        assert_eq!(error.error_type(), error_type, "{error}");
    }
}
