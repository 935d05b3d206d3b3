//! The example `whisper_api` as a process, and its HTTP interface.

use crate::client::{agent, json};
use crate::process::{Folder, Process, free_address};
use crate::samples::Samples;
use crate::scan::scan;
use instrumetrics::Format;
use serde_json::Value;
use std::env;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::LazyLock;
use ureq::http::Response;

pub(crate) const MODELS: [&str; 5] = ["tiny", "base", "small", "medium", "large-v3"];

pub(crate) struct Service {
    process: Process,
    address: SocketAddr,
}

impl Service {
    /// Starts one with nothing in its environment but this.
    pub(crate) fn start(environment: &[(&str, &str)]) -> Self {
        let address = free_address();
        let mut command = Command::new(&*PROGRAM);
        command
            .env_clear()
            .env("WHISPER_API_ADDR", address.to_string())
            .envs(environment.iter().copied());
        let mut process = Process::start(&mut command, Folder::new());
        let url = format!("http://{address}/health");
        process.wait("the service listens", || agent().get(&url).call().ok());
        Self { process, address }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Posts a body as curl does; the model and the language are sent as they are given.
    pub(crate) fn post(&self, query: &[(&str, &str)], body: &[u8]) -> Response<ureq::Body> {
        agent()
            .post(self.url("/transcribe"))
            .query_pairs(query.iter().copied())
            .content_type("application/x-www-form-urlencoded")
            .send(body)
            .unwrap()
    }

    /// Posts a job that must be accepted, and returns its id.
    pub(crate) fn submit(&self, model: &str, language: &str, body: &[u8]) -> String {
        let response = self.post(&[("model", model), ("language", language)], body);
        let (status, answer) = json(Ok(response));
        assert_eq!(status, 202, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn job(&self, id: &str) -> (u16, Value) {
        json(agent().get(self.url(&format!("/jobs/{id}"))).call())
    }

    pub(crate) fn cancel(&self, id: &str) -> (u16, Value) {
        json(agent().delete(self.url(&format!("/jobs/{id}"))).call())
    }

    /// Waits until a job is in this state.
    pub(crate) fn wait_for_state(&mut self, id: &str, state: &str) -> Value {
        let url = self.url(&format!("/jobs/{id}"));
        self.process.wait(&format!("job {id} is {state}"), || {
            let (status, job) = json(agent().get(&url).call());
            assert_eq!(status, 200);
            (job["state"] == state).then_some(job)
        })
    }

    /// The exposition in the format that `Accept` asks for.
    pub(crate) fn exposition(&self, format: Format) -> String {
        let request = agent().get(self.url("/metrics"));
        let request = match format {
            Format::OpenMetrics => request.header("Accept", "application/openmetrics-text"),
            _ => request,
        };
        let mut response = request.call().unwrap();
        let content_type = response.headers().get("content-type").unwrap();
        assert_eq!(content_type, format.content_type());
        response.body_mut().read_to_string().unwrap()
    }

    pub(crate) fn metrics(&self) -> Samples {
        scan(&self.exposition(Format::Text), Format::Text)
    }

    /// Waits until no job waits or runs, and returns the metrics then.
    pub(crate) fn wait_until_idle(&mut self) -> Samples {
        let url = self.url("/metrics");
        self.process.wait("no job waits or runs", || {
            let text = agent()
                .get(&url)
                .call()
                .ok()?
                .body_mut()
                .read_to_string()
                .ok()?;
            let metrics = scan(&text, Format::Text);
            let submitted = metrics.sum("whisper_jobs_submitted_total", &[]);
            let idle = metrics.get("whisper_jobs_processing", &[]) == Some(0.0)
                && metrics.get("whisper_queue_size", &[]) == Some(0.0)
                && metrics.sum("whisper_jobs_completed_total", &[]) == submitted;
            idle.then_some(metrics)
        })
    }

    /// Sends SIGTERM and waits for the end; returns what it wrote, too.
    pub(crate) fn terminate(mut self) -> io::Result<(ExitStatus, String)> {
        let status = self.process.terminate()?;
        Ok((status, self.process.output()))
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// The example, built with the profile of this test: selecting a test does not build examples.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = env::current_exe().unwrap();
    // target/debug/deps/live-0123
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
            "whisper_api",
            "--profile",
            profile,
        ])
        .arg("--target-dir")
        .arg(folder.parent().unwrap())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    folder.join("examples/whisper_api")
});

/// The recording that comes with the example.
pub(crate) fn speech() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/speech.wav");
    fs::read(path).unwrap()
}

/// The recording, so many times over.
pub(crate) fn long_speech(times: usize) -> Vec<u8> {
    // RIFF, size, WAVE, the format chunk of 24 bytes, data, size: 44 bytes.
    let speech = speech();
    let (head, samples) = speech.split_at(44);
    assert_eq!(&head[36..40], b"data");
    let samples = samples.repeat(times);
    let size = u32::try_from(samples.len()).unwrap();
    let parts: [&[u8]; 5] = [
        b"RIFF",
        &(size + 36).to_le_bytes(),
        &head[8..40],
        &size.to_le_bytes(),
        &samples,
    ];
    parts.concat()
}

/// Jobs accepted, over all labels.
pub(crate) fn submitted(metrics: &Samples) -> f64 {
    metrics.sum("whisper_jobs_submitted_total", &[])
}

/// Jobs that ended so, over all other labels.
pub(crate) fn completed(metrics: &Samples, status: &str) -> f64 {
    metrics.sum("whisper_jobs_completed_total", &[("status", status)])
}
