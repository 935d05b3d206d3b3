//! What we push, read back from real servers.

use crate::client::agent;
use crate::expected;
use crate::peers::PUSHGATEWAY;
use crate::process::{Folder, Process, free_address};
use crate::prometheus::Prometheus;
use crate::samples::Samples;
use crate::scan::scan;
use crate::workload;
use instrumetrics::{
    AttachExporter, DatadogConfig, DatadogExporter, DatadogIntake, Format, Metrics,
    PushgatewayConfig, PushgatewayExporter, RemoteWriteConfig, RemoteWriteExporter, snapshot,
};
use std::process::Command;
use std::time::Duration;

/// An interval at which nothing happens: exports are asked for.
const NEVER: Duration = Duration::from_secs(86_400);

/// Records the workload, and exports everything once.
fn export(exporter: impl AttachExporter) -> Metrics {
    drop(workload::exporter());
    let metrics = Metrics::new(exporter);
    block_on(metrics.export()).unwrap();
    metrics
}

fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

/// Of samples, those of the workload's own metrics.
fn own(samples: &Samples) -> Samples {
    let own = samples
        .iter()
        .filter(|(series, _)| series.name.starts_with("live_"));
    own.map(|(series, value)| (series.clone(), *value))
        .collect()
}

/// What the workload recorded, as the text format has it.
fn recorded() -> Samples {
    let recorded = own(&expected::samples(&snapshot(), Format::Text));
    assert!(recorded.len() > 200, "{}", recorded.len());
    recorded
}

fn remote_write(url: String) -> RemoteWriteExporter {
    RemoteWriteExporter::new(RemoteWriteConfig {
        url,
        job: Some("live".to_owned()),
        instance: Some("here".to_owned()),
        interval: NEVER,
        ..RemoteWriteConfig::default()
    })
    .unwrap()
}

#[test]
fn prometheus_takes_what_is_written_to_it() {
    let Some(mut prometheus) = Prometheus::receiving() else {
        return;
    };
    let metrics = export(remote_write(prometheus.url("/api/v1/write")));
    prometheus.wait_for("live_letters_total", 9_007_199_254_740_992.0);
    let query = "{__name__=~\"live_.*\",job=\"live\",instance=\"here\"}";
    prometheus
        .query(query)
        .assert_same(&recorded(), "Prometheus");
    // Again and again: no sample is out of order, or there twice with another value.
    for _ in 0..20 {
        block_on(metrics.export()).unwrap();
    }
    let problems = "sum(prometheus_tsdb_out_of_order_samples_total)";
    assert_eq!(prometheus.number(problems).unwrap_or(0.0), 0.0);
    prometheus
        .query(query)
        .assert_same(&recorded(), "Prometheus");
}

#[test]
fn victoria_metrics_takes_what_is_written_to_it() {
    let Some(mut victoria) = Prometheus::victoria() else {
        return;
    };
    let _metrics = export(remote_write(victoria.url("/api/v1/write")));
    victoria.wait_for("count(live_letters_total)", 1.0);
    let found = victoria.query("{__name__=~\"live_.*\",job=\"live\",instance=\"here\"}");
    // It keeps a dozen digits of a number.
    let rounded = |samples: &Samples| -> Samples {
        let samples = samples.iter();
        samples
            .map(|(series, value)| {
                let value = format!("{value:.10e}").parse().unwrap();
                // And the smallest of all not at all.
                (
                    series.clone(),
                    if f64::abs(value) < 1e-300 { 0.0 } else { value },
                )
            })
            .collect()
    };
    rounded(&found).assert_same(&rounded(&recorded()), "VictoriaMetrics");
    assert_no_invalid_rows(&victoria);
}

fn assert_no_invalid_rows(victoria: &Prometheus) {
    let page = agent().get(victoria.url("/metrics")).call();
    let page = page.unwrap().body_mut().read_to_string().unwrap();
    let invalid: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("vm_rows_invalid_total") && !line.ends_with(" 0"))
        .collect();
    assert!(page.contains("vm_rows_invalid_total"), "{page}");
    assert!(invalid.is_empty(), "{invalid:?}");
}

#[test]
fn victoria_metrics_takes_series_as_datadog_does() {
    let Some(mut victoria) = Prometheus::victoria() else {
        return;
    };
    let exporter = DatadogExporter::new(DatadogConfig {
        api_key: "none".into(),
        url: Some(victoria.url("/datadog")),
        intake: DatadogIntake::V1,
        host: Some("here".to_owned()),
        interval: Duration::from_secs(60),
        ..DatadogConfig::default()
    });
    let metrics = export(exporter.unwrap());
    let record = |n: u64, seconds: f64| {
        let labels = [("kind", "a")];
        block_on(metrics.increment_by("live_dd_total", n, &labels)).unwrap();
        block_on(metrics.observe_histogram("live_dd_seconds", seconds, &labels)).unwrap();
        block_on(metrics.set_gauge("live_dd_ratio", seconds, &labels)).unwrap();
        block_on(metrics.export()).unwrap();
    };
    record(3, 0.25);
    record(4, 0.5);
    record(5, 0.25);
    // Points may be a few seconds ahead, as exports came faster than one a second.
    let sum = |name: &str| {
        format!(
            "sum(sum_over_time({{__name__=\"{name}\",kind=\"a\",host=\"here\"}}[1h] offset -1m))"
        )
    };
    victoria.wait_for(&sum("live_dd_total"), 12.0);
    victoria.wait_for(&sum("live_dd_seconds.count"), 3.0);
    victoria.wait_for(&sum("live_dd_seconds.sum"), 1.0);
    victoria.wait_for(&sum("live_dd_seconds.bucket"), 3.0);
    let bucket = "sum(sum_over_time({__name__=\"live_dd_seconds.bucket\",upper_bound=\"0.25\"}[1h] offset -1m))";
    victoria.wait_for(bucket, 2.0);
    let gauge = "sum(last_over_time({__name__=\"live_dd_ratio\"}[1h] offset -1m))";
    victoria.wait_for(gauge, 0.25);
    // The workload's own totals, hostile values among them, as far as they do not become one with another.
    let letters = "sum(sum_over_time({__name__=\"live_letters_total\"}[1h] offset -1m))";
    victoria.wait_for(letters, 9_007_199_254_740_993.0);
    let rooms =
        "count(count_over_time({__name__=\"live_room_temperature_celsius\"}[1h] offset -1m))";
    assert!(victoria.number(rooms).unwrap() > 20.0);
    assert_no_invalid_rows(&victoria);
}

#[test]
fn the_pushgateway_takes_what_is_pushed_and_deletes_it() {
    let Some(program) = PUSHGATEWAY.find() else {
        return;
    };
    let (folder, address) = (Folder::new(), free_address());
    let mut gateway = Process::start(
        Command::new(program).arg(format!("--web.listen-address={address}")),
        folder,
    );
    let page = || {
        let page = agent()
            .get(format!("http://{address}/metrics"))
            .call()
            .ok()?;
        page.into_body().read_to_string().ok()
    };
    gateway.wait("the Pushgateway answers", page);
    let exporter = PushgatewayExporter::new(PushgatewayConfig {
        url: format!("http://{address}"),
        job: "live/\"job\"".to_owned(),
        grouping: vec![
            ("path".to_owned(), "/var/tmp".to_owned()),
            ("zone".to_owned(), String::new()),
            ("town".to_owned(), "Zürich, .. é".to_owned()),
        ],
        interval: NEVER,
        ..PushgatewayConfig::default()
    });
    let exporter = exporter.unwrap();
    let metrics = export(exporter.clone());
    // Twice: the second replaces the first.
    block_on(metrics.export()).unwrap();
    // Beside the Pushgateway's own metrics.
    let page_of_ours: String = page()
        .unwrap()
        .split_inclusive('\n')
        .filter(|line| {
            line.trim_start_matches("# HELP ")
                .trim_start_matches("# TYPE ")
                .starts_with("live_")
        })
        .collect();
    // Both are the absent label; it writes `instance` everywhere.
    let page_of_ours = page_of_ours
        .replace("instance=\"\",", "")
        .replace(",zone=\"\"", "");
    let found = scan(&page_of_ours, Format::Text);
    let mut pushed = 0;
    let found: Samples = own(&found)
        .iter()
        .map(|(series, value)| {
            let mut series = series.clone();
            for (name, value) in [
                ("job", "live/\"job\""),
                ("path", "/var/tmp"),
                ("town", "Zürich, .. é"),
            ] {
                assert_eq!(series.labels.remove(name).as_deref(), Some(value));
            }
            pushed += 1;
            (series, *value)
        })
        .collect();
    assert!(pushed > 200);
    // It reads bounds as numbers, and writes them in its own way.
    let spelled = |samples: &Samples| -> Samples {
        let samples = samples.iter().map(|(series, value)| {
            let mut series = series.clone();
            if let Some(le) = series.labels.get_mut("le") {
                *le = le.parse::<f64>().unwrap().to_string();
            }
            (series, *value)
        });
        samples.collect()
    };
    spelled(&found).assert_same(&spelled(&recorded()), "the Pushgateway");
    block_on(metrics.shutdown(Duration::from_secs(5))).unwrap();
    assert!(page().unwrap().contains("live_letters_total"), "it stays");
    block_on(exporter.delete()).unwrap();
    gateway.wait("the group is deleted", || {
        (!page()?.contains("live_letters_total")).then_some(())
    });
}
