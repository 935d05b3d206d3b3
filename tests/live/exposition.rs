//! What we write, read by others.

use crate::expected;
use crate::peers::{PROMTOOL, PUSHGATEWAY};
use crate::process::{Folder, Process, free_address};
use crate::python::{self, pipe};
use crate::scan::scan;
use crate::workload;
use instrumetrics::{Format, snapshot};
use std::process::Command;

/// The snapshot itself has what the workload recorded, so that comparing with it means something.
#[test]
fn the_snapshot_holds_the_workload() {
    drop(workload::exporter());
    let snapshot = snapshot();
    let mut expected = 1.0;
    for value in workload::hostile_values() {
        let found = snapshot.counter("live_hostile_values_total", &[("value", &value)]);
        assert_eq!(found, Some(expected), "{value:?}");
        expected += 1.0;
    }
    let hostile = |labels: &[_]| snapshot.counter("live_hostile_values_total", labels);
    assert_eq!(hostile(&[]), Some(7.0));
    assert_eq!(hostile(&[("value", &*"€".repeat(85))]), Some(9.0));
    let overflow = [("client", "__overflow__"), ("place", "up_stairs")];
    let diverted = snapshot.counter("live_crowded_clients_total", &overflow);
    assert_eq!(diverted, Some(expected - 1.0 - 3.0));
    for (route, outcome, length) in [
        ("/", "success", "1"),
        ("fails", "error", "0"),
        ("\"panics\"", "panicked", "panicked"),
    ] {
        let labels = [("route", route), ("outcome", outcome), ("length", length)];
        assert_eq!(
            snapshot.counter("live_handler_calls_total", &labels),
            Some(1.0)
        );
    }
    assert_eq!(snapshot.gauge("live_handler_in_flight", &[]), Some(0.0));
    assert_eq!(snapshot.gauge("live_jobs_processing", &[]), Some(0.0));
}

#[test]
fn python_reads_the_text_as_the_snapshot() {
    read_by_python(Format::Text);
}

#[test]
fn python_reads_openmetrics_as_the_snapshot() {
    read_by_python(Format::OpenMetrics);
}

fn read_by_python(format: Format) {
    let exporter = workload::exporter();
    let text = exporter.encode(format);
    let snapshot = snapshot();
    let Some((families, samples)) = python::parse(&text, format) else {
        return;
    };
    assert_eq!(families, expected::families(&snapshot, format));
    samples.assert_same(&expected::samples(&snapshot, format), "Python");
}

#[test]
fn nothing_is_there_twice() {
    let exporter = workload::exporter();
    for format in [Format::Text, Format::OpenMetrics] {
        let samples = scan(&exporter.encode(format), format);
        let expected = expected::samples(&snapshot(), format);
        samples.assert_same(&expected, "our own scanner");
    }
}

#[test]
fn counts_beyond_an_f64_are_written_in_full() {
    let exporter = workload::exporter();
    for format in [Format::Text, Format::OpenMetrics] {
        let text = exporter.encode(format);
        assert!(text.contains("\nlive_letters_total 9007199254740993\n"));
    }
}

#[test]
fn promtool_has_nothing_to_say() {
    let Some(promtool) = PROMTOOL.find() else {
        return;
    };
    let text = workload::exporter().encode(Format::Text);
    let check = |text: &str| {
        pipe(
            Command::new(&promtool).args(["check", "metrics"]),
            text.as_bytes(),
        )
    };
    assert_eq!(check(&text), Default::default());
    // And it would have, if there were anything.
    assert_ne!(
        check(&text.replacen("# HELP live_", "# LEFT out_", 1)),
        Default::default()
    );
}

/// It refuses what is there twice, which the others let pass.
#[test]
fn a_pushgateway_accepts_the_text() {
    let Some(program) = PUSHGATEWAY.find() else {
        return;
    };
    let address = free_address();
    let mut gateway = Process::start(
        Command::new(program).arg(format!("--web.listen-address={address}")),
        Folder::new(),
    );
    gateway.wait("the Pushgateway listens", || {
        ureq::get(format!("http://{address}/-/ready")).call().ok()
    });
    let push = |text: &str| {
        let agent = crate::client::agent();
        let url = format!("http://{address}/metrics/job/live");
        let response = agent.post(url).send(text).unwrap();
        response.status().as_u16()
    };
    let text = workload::exporter().encode(Format::Text);
    assert_eq!(push(&text), 200);
    assert_eq!(
        push(&text.replace(
            "live_letters_total 9",
            "live_free_ratio 1\nlive_letters_total 9"
        )),
        400
    );
}
