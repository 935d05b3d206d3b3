//! `VictoriaMetrics` and `InfluxDB`, sent the workload as lines, and asked what they hold.

use crate::client::{agent, json};
use crate::peers::{INFLUXD, VICTORIA_METRICS};
use crate::process::{Folder, Process, free_address};
use crate::workload;
use instrumetrics::{
    GraphiteConfig, GraphiteExporter, InfluxConfig, InfluxExporter, Metrics, MetricsError,
    Snapshot, Value, snapshot,
};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

/// Only when asked.
const NEVER: Duration = Duration::from_secs(3600);

/// Samples by name and labels.
type Samples = BTreeMap<(String, BTreeMap<String, String>), f64>;

/// How a back end names what we record.
#[derive(Clone, Copy, PartialEq)]
enum Naming {
    /// As Prometheus does.
    Graphite,
    /// A name and a field.
    Influx,
}

/// What the workload is, in the back end's names.
#[expect(
    clippy::cast_precision_loss,
    reason = "the peer holds every number as an f64"
)]
fn expected(snapshot: &Snapshot, naming: Naming, separator: &str) -> Samples {
    let mut samples = Samples::new();
    let families = snapshot.families();
    for family in families.filter(|family| family.name.starts_with("live_")) {
        for series in &family.series {
            let labels = series.labels.iter().map(|(name, value)| {
                // A field is named so.
                let renamed = naming == Naming::Influx && name == "value";
                let name = if renamed { "value_" } else { name };
                (name.to_owned(), value.clone())
            });
            let labels: BTreeMap<String, String> = labels.collect();
            let mut add = |suffix: &str, labels: &BTreeMap<String, String>, value: f64| {
                let name = format!("{}{suffix}", family.name);
                assert_eq!(samples.insert((name, labels.clone()), value), None);
            };
            let field = |field: &str| match naming {
                Naming::Graphite => String::new(),
                Naming::Influx => format!("{separator}{field}"),
            };
            match &series.value {
                Value::Count(count) => add(&field("value"), &labels, *count as f64),
                Value::Total(value) | Value::Gauge(value) => add(&field("value"), &labels, *value),
                Value::Histogram(histogram) => {
                    let of_all = if naming == Naming::Graphite {
                        "_"
                    } else {
                        separator
                    };
                    add(&format!("{of_all}sum"), &labels, histogram.sum());
                    add(&format!("{of_all}count"), &labels, histogram.count() as f64);
                    for (bound, count) in histogram.buckets() {
                        let go = go_spells(bound);
                        if naming == Naming::Graphite {
                            let mut labels = labels.clone();
                            let point = if go.contains(['.', 'e', 'I']) {
                                ""
                            } else {
                                ".0"
                            };
                            labels.insert("le".to_owned(), format!("{go}{point}"));
                            add("_bucket", &labels, count as f64);
                        } else {
                            add(&field(&go), &labels, count as f64);
                        }
                    }
                }
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(samples.len() > 200, "{}", samples.len());
    samples
}

/// The bounds of the workload as Go's `fmt.Sprint` gives them.
fn go_spells(bound: f64) -> String {
    match bound {
        f64::INFINITY => "+Inf".to_owned(),
        0.00001 => "1e-05".to_owned(),
        -1_000_000.0 => "-1e+06".to_owned(),
        1_234_567.0 => "1.234567e+06".to_owned(),
        1_048_576.0 => "1.048576e+06".to_owned(),
        4_194_304.0 => "4.194304e+06".to_owned(),
        16_777_216.0 => "1.6777216e+07".to_owned(),
        67_108_864.0 => "6.7108864e+07".to_owned(),
        268_435_456.0 => "2.68435456e+08".to_owned(),
        bound => bound.to_string(),
    }
}

/// A label value as it was recorded: `%` and two digits are a byte.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).filter(|digits| {
            let digit = |b: &u8| b.is_ascii_digit() || (b'A'..=b'F').contains(b);
            *first == b'%' && digits.iter().all(digit)
        });
        rest = after;
        if let Some(digits) = digits {
            let digits = std::str::from_utf8(digits).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &after[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// Fails unless both hold the same series with the same numbers, as near as `digits` decimal digits.
fn assert_same(read: &Samples, expected: &Samples, digits: i32) {
    for (series, value) in expected {
        let read = read.get(series);
        let near =
            |read: &f64| (read - value).abs() <= 10_f64.powi(-digits) * value.abs().max(1e-290);
        assert!(read.is_some_and(near), "{series:?}: {read:?}, not {value}");
    }
    let foreign = read.keys().find(|series| !expected.contains_key(*series));
    assert_eq!(foreign, None);
}

fn export(metrics: &Metrics) -> Result<(), MetricsError> {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().unwrap();
    runtime.block_on(metrics.export())
}

/// The label that tells apart what came which way.
fn via(way: &str) -> Vec<(String, String)> {
    vec![("via".to_owned(), way.to_owned())]
}

pub(crate) struct Victoria {
    process: Process,
    pub(crate) url: String,
    pub(crate) graphite: SocketAddr,
    influx: SocketAddr,
}

impl Victoria {
    pub(crate) fn start() -> Option<Self> {
        let program = VICTORIA_METRICS.find()?;
        let (http, graphite, influx) = (free_address(), free_address(), free_address());
        let folder = Folder::new();
        let data = folder.join("data");
        let mut process = Process::start(
            Command::new(program)
                .arg(format!("-httpListenAddr={http}"))
                .arg(format!("-graphiteListenAddr={graphite}"))
                .arg(format!("-influxListenAddr={influx}"))
                .arg(format!("-storageDataPath={}", data.display()))
                .arg("-retentionPeriod=100y")
                .arg("-search.latencyOffset=0s"),
            folder,
        );
        let url = format!("http://{http}");
        process.wait("VictoriaMetrics answers", || {
            agent().get(format!("{url}/health")).call().ok()
        });
        Some(Self {
            process,
            url,
            graphite,
            influx,
        })
    }

    fn get(&self, path: &str) -> String {
        let answer = agent().get(format!("{}{path}", self.url)).call();
        answer.unwrap().body_mut().read_to_string().unwrap()
    }

    /// What it holds of what came this way, the last of each series.
    fn samples(&self, way: &str) -> Samples {
        self.get("/internal/force_flush");
        let matching = format!("/api/v1/export?match[]=%7Bvia%3D%22{way}%22%7D");
        let text = self.get(&matching);
        let read = text.lines().map(|line| {
            let line: Json = serde_json::from_str(line).unwrap();
            let labels = line["metric"].as_object().unwrap().iter();
            let mut labels: BTreeMap<String, String> = labels
                .map(|(name, value)| (name.clone(), decoded(value.as_str().unwrap())))
                .collect();
            assert_eq!(labels.remove("via").as_deref(), Some(way));
            // It keeps the name of the database.
            labels.remove("db");
            let name = labels.remove("__name__").unwrap();
            let value = line["values"].as_array().unwrap().last().unwrap();
            ((name, labels), value.as_f64().unwrap())
        });
        let mut read: Samples = read.collect();
        read.retain(|(name, _), _| name.starts_with("live_"));
        read
    }

    /// The last value of a series, of which only some labels may be given.
    pub(crate) fn last(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.get("/internal/force_flush");
        let labels = labels
            .iter()
            .map(|(label, value)| format!("%2C{label}%3D%22{value}%22"));
        let labels: String = labels.collect();
        let text = self.get(&format!(
            "/api/v1/export?match[]=%7B__name__%3D%22{name}%22{labels}%7D"
        ));
        let line: Json = serde_json::from_str(text.lines().next()?).unwrap();
        line["values"].as_array()?.last()?.as_f64()
    }

    pub(crate) fn invalid_rows(&self) -> f64 {
        let metrics = self.get("/metrics");
        let rows = metrics
            .lines()
            .filter(|line| line.starts_with("vm_rows_invalid_total"));
        rows.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap())
            .sum()
    }
}

#[test]
fn victoria_metrics_holds_what_graphite_and_influx_sent() {
    let Some(victoria) = Victoria::start() else {
        return;
    };
    let _ = workload::exporter();
    let graphite = GraphiteExporter::new(GraphiteConfig {
        host: victoria.graphite.ip().to_string(),
        port: victoria.graphite.port(),
        const_labels: via("graphite"),
        interval: NEVER,
        ..GraphiteConfig::default()
    });
    let influx = |way: &str, change: &dyn Fn(&mut InfluxConfig)| {
        let mut config = InfluxConfig {
            url: victoria.url.clone(),
            const_labels: via(way),
            interval: NEVER,
            ..InfluxConfig::default()
        };
        change(&mut config);
        Metrics::new(InfluxExporter::new(config).unwrap())
    };
    let first = influx("v1", &|config| config.database = Some("m".into()));
    let second = influx("v2", &|config| {
        (config.org, config.bucket) = (Some("o".into()), Some("b".into()));
        config.token = Some("t".into());
        config.gzip = false;
    });
    let address = victoria.influx;
    let datagrams = influx("udp", &|config| config.url = format!("udp://{address}"));
    let snapshot = snapshot();
    let graphite = Metrics::new(graphite.unwrap());
    for (way, metrics, naming) in [
        ("graphite", graphite, Naming::Graphite),
        ("v1", first, Naming::Influx),
        ("v2", second, Naming::Influx),
        ("udp", datagrams, Naming::Influx),
    ] {
        export(&metrics).unwrap();
        let expected = expected(&snapshot, naming, "_");
        // It may still be reading when it has been sent everything.
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut read = victoria.samples(way);
        while read.len() < expected.len() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(100));
            read = victoria.samples(way);
        }
        // It keeps decimal numbers of twelve digits and more.
        assert_same(&read, &expected, 11);
    }
    assert_eq!(
        victoria.invalid_rows(),
        0.0,
        "{}",
        victoria.process.output()
    );
}

struct Influxd {
    _process: Process,
    url: String,
}

impl Influxd {
    fn start() -> Option<Self> {
        let program = INFLUXD.find()?;
        let (rpc, http) = (free_address(), free_address());
        let folder = Folder::new();
        let path = |name: &str| folder.join(name).display().to_string();
        let config = format!(
            "reporting-disabled = true\nbind-address = \"{rpc}\"\n[meta]\ndir = \"{}\"\n\
             [data]\ndir = \"{}\"\nwal-dir = \"{}\"\n[http]\nbind-address = \"{http}\"\n",
            path("meta"),
            path("data"),
            path("wal"),
        );
        fs::write(folder.join("influxd.conf"), config).unwrap();
        let mut process = Process::start(
            Command::new(program)
                .arg("-config")
                .arg(path("influxd.conf")),
            folder,
        );
        let url = format!("http://{http}");
        process.wait("InfluxDB answers", || {
            agent().get(format!("{url}/ping")).call().ok()
        });
        Some(Self {
            _process: process,
            url,
        })
    }

    fn query(&self, database: &str, query: &str) -> Json {
        let request = agent().post(format!("{}/query", self.url));
        let request = request.query("db", database).query("q", query);
        let (status, answer) = json(request.send_empty());
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["results"][0]["error"], Json::Null, "{answer}");
        answer
    }

    /// The last of every field as the sample `measurement field`.
    fn samples(&self, database: &str) -> Samples {
        let answer = self.query(database, "SELECT * FROM /^live_/ GROUP BY *");
        let mut samples = Samples::new();
        for series in answer["results"][0]["series"].as_array().unwrap() {
            let tags = series["tags"].as_object();
            let tags = tags.into_iter().flatten();
            let tags: BTreeMap<String, String> = tags
                .map(|(tag, value)| (tag.clone(), decoded(value.as_str().unwrap())))
                // A series without a tag that others have has it empty.
                .filter(|(_, value)| !value.is_empty())
                .collect();
            let last = series["values"].as_array().unwrap().last();
            let last = last.unwrap().as_array().unwrap();
            let columns = series["columns"].as_array().unwrap();
            for (column, value) in columns.iter().zip(last).skip(1) {
                let name = series["name"].as_str().unwrap();
                let name = format!("{name} {}", column.as_str().unwrap());
                if let Some(value) = value.as_f64() {
                    assert_eq!(samples.insert((name, tags.clone()), value), None);
                }
            }
        }
        samples
    }

    fn metrics(&self, database: &str) -> Metrics {
        let exporter = InfluxExporter::new(InfluxConfig {
            url: self.url.clone(),
            database: Some(database.to_owned()),
            interval: NEVER,
            ..InfluxConfig::default()
        });
        Metrics::new(exporter.unwrap())
    }
}

#[test]
fn influxdb_holds_what_was_sent_and_refuses_only_another_type() {
    let Some(influxd) = Influxd::start() else {
        return;
    };
    let _ = workload::exporter();
    let snapshot = snapshot();
    let expected = expected(&snapshot, Naming::Influx, " ");

    // Until there is a database, everything stays here.
    let metrics = influxd.metrics("whole");
    let error = export(&metrics).unwrap_err();
    assert!(
        error
            .reason()
            .contains("404: {\"error\":\"database not found"),
        "{error}"
    );
    influxd.query("", "CREATE DATABASE whole");
    export(&metrics).unwrap();
    assert_same(&influxd.samples("whole"), &expected, 15);
    // Integers are kept as such.
    let letters = influxd.query("whole", "SELECT value FROM live_letters_total");
    let letters = &letters["results"][0]["series"][0]["values"][0][1];
    assert_eq!(letters.as_u64(), Some((1 << 53) + 1));

    // There it is a float already.
    influxd.query("", "CREATE DATABASE clash");
    let write = agent().post(format!("{}/write?db=clash", influxd.url));
    let written = write.send("live_letters_total,other=x value=1.5").unwrap();
    assert_eq!(written.status().as_u16(), 204);
    let metrics = influxd.metrics("clash");
    for _ in 0..2 {
        let error = export(&metrics).unwrap_err();
        assert_eq!(error.error_type(), "rejected");
        for part in [
            "400",
            "partial write: field type conflict",
            "live_letters_total",
        ] {
            assert!(error.reason().contains(part), "{error}");
        }
    }
    // All the others are there, and what was there before.
    let series = |tags: &[(&str, &str)]| {
        let tags = tags
            .iter()
            .map(|(tag, value)| ((*tag).to_owned(), (*value).to_owned()));
        ("live_letters_total value".to_owned(), tags.collect())
    };
    let mut others = expected;
    others.remove(&series(&[])).unwrap();
    others.insert(series(&[("other", "x")]), 1.5);
    assert_same(&influxd.samples("clash"), &others, 15);
}
