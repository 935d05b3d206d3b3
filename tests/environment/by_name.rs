//! The example `by_name`, as its first lines say to run it.

use crate::child::{Ended, end};
use std::env;
use std::io::Read;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// The program, built as this test was.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = env::current_exe().unwrap();
    // target/debug/deps/environment-0123
    let folder = test.ancestors().nth(2).unwrap();
    let profile = match folder.file_name().and_then(|name| name.to_str()).unwrap() {
        "debug" => "dev",
        profile => profile,
    };
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args([
            "build",
            "--quiet",
            "--example",
            "by_name",
            "--profile",
            profile,
        ])
        .arg("--target-dir")
        .arg(folder.parent().unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    folder.join("examples/by_name")
});

fn command(environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(&*PROGRAM);
    command.env_clear().envs(environment.iter().copied());
    command
}

fn run(environment: &[(&str, &str)]) -> Ended {
    end(&mut command(environment))
}

const PROMETHEUS: (&str, &str) = ("METRICS_EXPORTER", "prometheus");

/// What the example records, as text.
const LINES: [&str; 9] = [
    "requests_total{method=\"GET\"} 2",
    "requests_total{method=\"POST\"} 1",
    "request_duration_seconds_sum{method=\"POST\"} 0.3",
    "request_duration_seconds_count{method=\"GET\"} 2",
    "memory_usage_bytes 536870912",
    "active_connections{server=\"web1\"} 1",
    "http_requests_total{endpoint=\"/jobs/{id}\",method=\"GET\",status=\"200\"} 1",
    "http_request_duration_seconds_sum{endpoint=\"/jobs/{id}\",method=\"GET\"} 0.012",
    "metrics_validation_errors_total{error_type=\"invalid_name\",metric_name=\"not-a-name\",operation=\"increment\"} 1",
];

#[test]
fn with_prometheus_it_prints_what_it_recorded() {
    let ended = run(&[PROMETHEUS]).succeeded();
    for line in LINES {
        assert!(
            ended.stdout.lines().any(|said| said == line),
            "{line} {ended:#?}"
        );
    }
    // Silent: logged, counted, and the program goes on.
    let logged = ended.logged("invalid metric name");
    assert_eq!(logged.len(), 1, "{ended:#?}");
    assert!(logged[0].contains("WARN"), "{logged:?}");
}

#[test]
fn with_null_or_nothing_it_prints_that_nothing_is_exported() {
    for environment in [&[][..], &[("METRICS_EXPORTER", "null")]] {
        let ended = run(environment).succeeded();
        assert_eq!(ended.stdout, "null: nothing is exported\n");
    }
}

#[test]
fn where_errors_propagate_it_ends_at_the_bad_name() {
    let ended = run(&[PROMETHEUS, ("METRICS_PROPAGATE_ERRORS", "true")]);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let last = ended.stderr.lines().last().unwrap();
    let begin = "Metrics increment operation failed for 'not-a-name': invalid metric name";
    assert!(last.starts_with(begin), "{last}");
}

#[test]
fn a_bad_environment_is_said_in_full_and_ends_it() {
    let ended = run(&[
        PROMETHEUS,
        ("METRICS_MAX_METRICS", "many"),
        ("METRICS_HTTP_ADDR", "here"),
    ]);
    assert_eq!((ended.code, &*ended.stdout), (Some(1), ""), "{ended:#?}");
    for part in ["METRICS_MAX_METRICS='many'", "METRICS_HTTP_ADDR='here'"] {
        assert!(ended.stderr.contains(part), "{ended:#?}");
    }
}

#[test]
fn an_exporter_that_is_not_there_is_said_by_name() {
    let ended = run(&[("METRICS_EXPORTER", "prometheus,nowhere")]);
    assert_eq!((ended.code, &*ended.stdout), (Some(1), ""), "{ended:#?}");
    let begin = "METRICS_EXPORTER='prometheus,nowhere': expected `prometheus`, ";
    assert!(ended.stderr.contains(begin), "{ended:#?}");
}

#[test]
fn with_an_address_it_serves_for_ten_seconds() {
    let mut child = command(&[PROMETHEUS, ("METRICS_HTTP_ADDR", "127.0.0.1:0")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut stdout = child.stdout.take().unwrap();
    // It prints the exposition, then where it listens, and stays there.
    let address: SocketAddr = loop {
        let mut bytes = [0; 4096];
        let length = stdout.read(&mut bytes).unwrap();
        assert!(length > 0, "{said}");
        said.push_str(std::str::from_utf8(&bytes[..length]).unwrap());
        let rest = said.split_once("for ten seconds: curl http://");
        if let Some((address, _)) = rest.and_then(|(_, rest)| rest.split_once("/metrics\n")) {
            break address.parse().unwrap();
        }
    };
    let mut response = ureq::get(format!("http://{address}/metrics"))
        .call()
        .unwrap();
    let text = response.body_mut().read_to_string().unwrap();
    for line in LINES {
        assert!(text.lines().any(|said| said == line), "{line} {text}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
