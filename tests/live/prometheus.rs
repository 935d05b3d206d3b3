//! A real Prometheus that scrapes one target.

use crate::client::{agent, json};
use crate::peers::{PROMETHEUS, VICTORIA_METRICS};
use crate::process::{Folder, Process, free_address};
use crate::samples::{Samples, Series};
use serde_json::Value;
use std::fs;
use std::net::SocketAddr;
use std::process::Command;

pub(crate) struct Prometheus {
    process: Process,
    url: String,
}

impl Prometheus {
    /// Starts one and waits until it has scraped `target`; `None` where there is none.
    pub(crate) fn scraping(target: SocketAddr) -> Option<Self> {
        let mut prometheus = Self::start(&format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n\
             scrape_configs: [{{job_name: live, static_configs: [{{targets: ['{target}']}}]}}]\n"
        ))?;
        let url = format!("{}/api/v1/query?query=up", prometheus.url);
        prometheus.process.wait("Prometheus scrapes", || {
            answered(&url)?
                .contains("\"__name__\":\"up\"")
                .then_some(())
        });
        Some(prometheus)
    }

    /// Starts one that scrapes nothing and takes what is written to it; `None` where there is none.
    pub(crate) fn receiving() -> Option<Self> {
        let mut prometheus = Self::start("global: {}\n")?;
        let url = format!("{}/-/ready", prometheus.url);
        prometheus.process.wait("Prometheus is ready", || {
            answered(&url)?.contains("Ready").then_some(())
        });
        Some(prometheus)
    }

    /// Starts a `VictoriaMetrics`, which answers the same queries; `None` where there is none.
    pub(crate) fn victoria() -> Option<Self> {
        let program = VICTORIA_METRICS.find()?;
        let (folder, address) = (Folder::new(), free_address());
        let process = Process::start(
            Command::new(program)
                .arg(format!("-httpListenAddr={address}"))
                .arg(format!(
                    "-storageDataPath={}",
                    folder.join("data").display()
                ))
                .args(["-retentionPeriod=100y", "-search.latencyOffset=0s"]),
            folder,
        );
        let url = format!("http://{address}");
        let mut victoria = Self { process, url };
        let url = format!("{}/health", victoria.url);
        victoria.process.wait("VictoriaMetrics is ready", || {
            answered(&url)?.contains("OK").then_some(())
        });
        Some(victoria)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn start(config: &str) -> Option<Self> {
        let program = PROMETHEUS.find()?;
        let (folder, address) = (Folder::new(), free_address());
        fs::write(folder.join("prometheus.yml"), config).unwrap();
        let process = Process::start(
            Command::new(program)
                .arg("--web.enable-remote-write-receiver")
                .arg(format!("--web.listen-address={address}"))
                .arg(format!(
                    "--config.file={}",
                    folder.join("prometheus.yml").display()
                ))
                .arg(format!(
                    "--storage.tsdb.path={}",
                    folder.join("data").display()
                )),
            folder,
        );
        let url = format!("http://{address}");
        Some(Self { process, url })
    }

    /// Fails unless the last scrape went well.
    pub(crate) fn assert_up(&self) {
        assert_eq!(self.number("up{job='live'}"), Some(1.0));
        let targets = self.get("targets", &[]);
        let target = &targets["activeTargets"][0];
        assert_eq!(target["health"], "up", "{target}");
        assert_eq!(target["lastError"], "", "{target}");
    }

    /// The answer to an instant query, without the labels that it puts on whatever it scrapes.
    pub(crate) fn query(&self, query: &str) -> Samples {
        let data = self.get("query", &[("query", query)]);
        assert_eq!(data["resultType"], "vector");
        let results = data["result"].as_array().unwrap().iter();
        let parse = |result: &Value| {
            let labels = result["metric"].as_object().unwrap().iter();
            let mut series =
                Series::new("", labels.map(|(k, v)| (k.as_str(), v.as_str().unwrap())));
            series.name = series.labels.remove("__name__").unwrap_or_default();
            series.labels.remove("job");
            series.labels.remove("instance");
            (
                series,
                result["value"][1].as_str().unwrap().parse().unwrap(),
            )
        };
        results.map(parse).collect()
    }

    /// The answer to an instant query for one number.
    pub(crate) fn number(&self, query: &str) -> Option<f64> {
        let samples = self.query(query);
        assert!(samples.len() < 2, "{samples:?}");
        samples.iter().map(|(_, value)| *value).next()
    }

    /// Waits until an instant query is answered with this number.
    pub(crate) fn wait_for(&mut self, query: &str, expected: f64) {
        let url = self.url.clone();
        let ask = || {
            let data = get(&url, "query", &[("query", query)]);
            let number = data["result"][0]["value"][1].as_str()?.parse::<f64>();
            (number == Ok(expected)).then_some(())
        };
        self.process.wait(&format!("{query} is {expected}"), ask);
    }

    fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        get(&self.url, path, parameters)
    }
}

/// What a page says, once there is somebody to ask.
fn answered(url: &str) -> Option<String> {
    agent()
        .get(url)
        .call()
        .ok()?
        .body_mut()
        .read_to_string()
        .ok()
}

fn get(url: &str, path: &str, parameters: &[(&str, &str)]) -> Value {
    let request = agent().get(format!("{url}/api/v1/{path}"));
    let (status, mut answer) = json(request.query_pairs(parameters.iter().copied()).call());
    assert_eq!(
        (status, &answer["status"]),
        (200, &"success".into()),
        "{answer}"
    );
    answer["data"].take()
}
