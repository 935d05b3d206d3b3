//! What is wrong with an environment is said at once, and never silently replaced.

use crate::child::{Temporary, run, run_os};
use std::ffi::OsStr;
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;

#[test]
fn everything_that_is_wrong_at_once() {
    let ended = run(
        "report",
        &[
            ("METRICS_EXPORTER", "promethus"),
            ("METRICS_MAX_METRICS", "many"),
            ("METRICS_MAX_LABEL_COMBINATIONS", "-1"),
            ("METRICS_MAX_METRIC_NAME_LENGTH", "0"),
            ("METRICS_PROPAGATE_ERRORS", "perhaps"),
            ("METRICS_ERROR_LOG_LEVEL", "loud"),
            ("METRICS_CONST_LABELS", "a"),
            ("METRICS_HISTOGRAM_BUCKETS", "1,1"),
            ("METRICS_HISTOGRAM_BUCKETS_X", "x"),
            ("METRICS_HTTP_ADDR", "127.0.0.1"),
            ("METRICS_HTTP_PATH", "metrics"),
            ("METRICS_HTTP_BASIC_AUTH", "s3cr3t"),
            ("METRICS_HTTP_BEARER_TOKEN_FILE", "/nowhere/at/all"),
            ("PROMETHEUS_NAMESPACE", "a-b"),
            ("PROMETHEUS_ALLOW_REMOVAL", "2"),
            ("OTHER", "not ours"),
        ],
    );
    assert_eq!(ended.said("created"), "no");
    assert_eq!(ended.said("error_type"), "invalid_variable");
    assert_eq!(ended.said("category"), "Config");
    assert_eq!(
        ended.said("name"),
        "METRICS_CONST_LABELS, METRICS_ERROR_LOG_LEVEL, METRICS_EXPORTER, METRICS_HISTOGRAM_BUCKETS, \
         METRICS_HISTOGRAM_BUCKETS_X, METRICS_HTTP_ADDR, METRICS_HTTP_BASIC_AUTH, METRICS_HTTP_BEARER_TOKEN_FILE, \
         METRICS_HTTP_PATH, METRICS_MAX_LABEL_COMBINATIONS, METRICS_MAX_METRICS, METRICS_MAX_METRIC_NAME_LENGTH, \
         METRICS_PROPAGATE_ERRORS, PROMETHEUS_ALLOW_REMOVAL, PROMETHEUS_NAMESPACE"
    );
    let message = ended.said("message");
    for part in [
        "Metrics create_metrics_from_env operation failed for 'METRICS_CONST_LABELS, ",
        "METRICS_EXPORTER='promethus': expected `prometheus`",
        "did you mean `prometheus`?",
        "METRICS_MAX_METRICS='many': expected a whole number, 0 or more",
        "METRICS_MAX_LABEL_COMBINATIONS='-1': expected a whole number, 0 or more",
        "METRICS_MAX_METRIC_NAME_LENGTH='0': expected a whole number, 1 or more",
        "METRICS_PROPAGATE_ERRORS='perhaps': expected `true` or `false`",
        "METRICS_ERROR_LOG_LEVEL='loud': expected `error`, `warn`, `info`, `debug` or `trace`",
        "METRICS_CONST_LABELS='a': expected labels as `name=value,name=value`",
        "METRICS_HISTOGRAM_BUCKETS='1,1': expected bounds as numbers between commas",
        "METRICS_HISTOGRAM_BUCKETS_X='x': expected bounds as numbers between commas",
        "METRICS_HTTP_ADDR='127.0.0.1': expected an address with a port, such as `127.0.0.1:9464`",
        "METRICS_HTTP_PATH='metrics': expected a path that begins with `/`",
        "METRICS_HTTP_BASIC_AUTH='***': expected `user:password` without control characters",
        "METRICS_HTTP_BEARER_TOKEN_FILE='/nowhere/at/all': cannot be read",
        "PROMETHEUS_NAMESPACE='a-b': expected a namespace",
        "PROMETHEUS_ALLOW_REMOVAL='2': expected `true` or `false`",
        "default: 1000",
    ] {
        assert!(message.contains(part), "{part}\n{message}");
    }
    assert!(!message.contains("OTHER"));
    assert_eq!(ended.said("counted"), "Some(1.0)");
}

#[test]
fn two_names_of_one_setting_that_differ() {
    let backends = [
        ("METRICS_EXPORTER", "null"),
        ("METRICS_BACKEND", "prometheus"),
    ];
    let limits = [
        ("METRICS_MAX_METRICS", "1"),
        ("PROMETHEUS_MAX_METRICS", "2"),
    ];
    for both in [backends, limits] {
        let [(name, ours), (other, theirs)] = both;
        let ended = run("report", &both);
        assert_eq!(ended.said("error_type"), "conflict");
        assert_eq!(ended.said("category"), "Config");
        assert_eq!(ended.said("name"), other);
        assert_eq!(ended.said("counted"), "Some(1.0)");
        let reason = format!("{other}='{theirs}' and {name}='{ours}' differ; set one of them");
        assert!(ended.said("message").ends_with(&reason), "{ended:#?}");
    }
}

#[test]
fn what_is_no_text_is_wrong() {
    let bytes = OsStr::from_bytes(b"a=\xff");
    for name in [
        "METRICS_CONST_LABELS",
        "METRICS_HTTP_BEARER_TOKEN",
        "METRICS_MAX_METRICS",
    ] {
        let ended = run_os("report", [(&name, bytes)]).succeeded();
        assert_eq!(ended.said("created"), "no");
        assert_eq!(ended.said("name"), name);
    }
    // Not ours.
    let ended = run_os("report", [(&"LANG", bytes)]).succeeded();
    assert_eq!(ended.said("created"), "yes");
}

#[test]
fn a_server_without_anything_to_serve_is_among_all_that_is_wrong() {
    let server = ("METRICS_HTTP_ADDR", "127.0.0.1:0");
    let ended = run("serve", &[server, ("METRICS_RATE_LIMIT", "fast")]);
    assert_eq!(ended.said("error_type"), "invalid_variable");
    let message = ended.said("message");
    for part in [
        "METRICS_HTTP_ADDR='127.0.0.1:0': needs",
        "METRICS_RATE_LIMIT='fast': expected",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_server_without_anything_to_serve() {
    let ended = run("serve", &[("METRICS_HTTP_ADDR", "127.0.0.1:0")]);
    assert_eq!(ended.said("created"), "no");
    assert_eq!(ended.said("recording"), "true", "nothing was chosen");
    assert_eq!(ended.said("error_type"), "conflict");
    assert_eq!(ended.said("counted"), "Some(1.0)");
    assert_eq!(
        ended.said("message"),
        "Metrics create_metrics_from_env operation failed for 'METRICS_HTTP_ADDR': METRICS_HTTP_ADDR='127.0.0.1:0': needs METRICS_EXPORTER=prometheus"
    );
}

#[test]
fn an_address_that_is_taken_and_a_shutdown_that_takes_too_long() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let prometheus = ("METRICS_EXPORTER", "prometheus");
    let ended = run("serve", &[prometheus, ("METRICS_HTTP_ADDR", &address)]);
    assert_eq!(ended.said("error_type"), "io");
    assert_eq!(ended.said("category"), "Export");
    assert_eq!(ended.said("name"), address);

    let ended = run("hurry", &[prometheus, ("METRICS_HTTP_ADDR", "127.0.0.1:0")]);
    assert_eq!(ended.said("stopped"), "timeout Export");
    assert_eq!(
        ended.said("message"),
        "Metrics shutdown operation failed for 'http': the scrape server did not stop in time"
    );
    assert_eq!(ended.said("closed"), "true");
}

#[test]
fn a_secret_and_its_file_exclude_each_other() {
    let file = Temporary::new(b"s3cr3t-in-file");
    for name in ["METRICS_HTTP_BEARER_TOKEN", "METRICS_HTTP_BASIC_AUTH"] {
        let of_file = format!("{name}_FILE");
        let both = [(name, "user:s3cr3t"), (&*of_file, file.path())];
        let ended = run("report", &both);
        assert_eq!(ended.said("error_type"), "conflict");
        assert_eq!(ended.said("name"), of_file);
        assert!(!ended.stdout.contains("s3cr3t") && !ended.stderr.contains("s3cr3t"));
    }
}
