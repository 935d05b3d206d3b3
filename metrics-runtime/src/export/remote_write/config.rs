//! What can be set.

use super::encode::Style;
use crate::Secret;
use crate::error::MetricsError;
use crate::export::labels;
use crate::export::push::http::{Client, endpoint};
use crate::export::push::{DEFAULT_INTERVAL, authorization};
use crate::export::setting::{check_interval, invalid, prefix, wrong};
use std::time::Duration;

pub(super) const OPERATION: &str = "create_remote_write_exporter";

/// Settings of a [`RemoteWriteExporter`](crate::RemoteWriteExporter).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteWriteConfig {
    /// Where to send, in full: `http://localhost:9090/api/v1/write` for Prometheus, `http://localhost:8428/api/v1/write`
    /// for `VictoriaMetrics`. Required.
    pub url: String,
    /// The label `job` of every series; the name of the program if there is none.
    pub job: Option<String>,
    /// The label `instance` of every series; the name of the host if there is none. Two processes that send the same
    /// series must differ in it, or the server takes them for one.
    pub instance: Option<String>,
    /// Put, with `_`, before every name that declares no namespace of its own.
    pub namespace: Option<String>,
    /// Further labels on every series. A metric's own label of that name wins.
    pub const_labels: Vec<(String, String)>,
    /// Sent as `Authorization: Bearer ..`.
    pub bearer_token: Option<Secret>,
    /// `user:password`, sent as `Authorization: Basic ..`.
    pub basic_auth: Option<Secret>,
    /// Further headers of every request, such as `X-Scope-OrgID`.
    pub headers: Vec<(String, Secret)>,
    /// Samples of one request at most; a histogram series is not split over two. 2000 unless set, as in Prometheus.
    pub max_samples_per_request: usize,
    /// From one push to the next: 60 seconds unless set.
    pub interval: Duration,
}

impl Default for RemoteWriteConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            job: None,
            instance: None,
            namespace: None,
            const_labels: Vec::new(),
            bearer_token: None,
            basic_auth: None,
            headers: Vec::new(),
            max_samples_per_request: 2000,
            interval: DEFAULT_INTERVAL,
        }
    }
}

impl RemoteWriteConfig {
    pub(super) fn checked(&self) -> Result<(Client, Style), MetricsError> {
        if self.url.is_empty() {
            let reason = "REMOTE_WRITE_URL, or `url`, says where to send";
            return Err(wrong(OPERATION, "url", "missing_value", reason));
        }
        let uri = endpoint(&self.url).map_err(|expected| invalid(OPERATION, "url", expected))?;
        check_interval(OPERATION, self.interval)?;
        if self.max_samples_per_request == 0 {
            return Err(invalid(OPERATION, "max_samples_per_request", "1 or more"));
        }
        let invalid = |name: &str, reason: &str| wrong(OPERATION, name, "invalid_variable", reason);
        let mut headers = self.headers.clone();
        let authorization = authorization(self.bearer_token.as_ref(), self.basic_auth.as_ref());
        headers.extend(authorization.map_err(|reason| invalid("authorization", reason))?);
        headers.push((
            "X-Prometheus-Remote-Write-Version".to_owned(),
            "0.1.0".into(),
        ));
        let client = Client::new(uri, &headers).map_err(|reason| invalid("headers", &reason))?;
        let mut labels = self.const_labels.clone();
        let mut add = |name: &str, given: Option<&String>, otherwise: fn() -> String| {
            // Given as a constant label, it is given.
            if given.is_some() || !labels.iter().any(|(other, _)| other == name) {
                let value = given.cloned().unwrap_or_else(otherwise);
                labels.push((name.to_owned(), value));
            }
        };
        add("job", self.job.as_ref(), program);
        add("instance", self.instance.as_ref(), host);
        let constant = labels::constant(OPERATION, &labels)?;
        let style = Style {
            prefix: prefix(OPERATION, self.namespace.as_deref())?,
            constant,
            most_samples: self.max_samples_per_request,
        };
        Ok((client, style))
    }
}

/// The name of the running program.
fn program() -> String {
    let path = std::env::current_exe().ok();
    let name = path.as_deref().and_then(std::path::Path::file_stem);
    name.map_or_else(
        || "unknown".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// The name of the host, as far as it can be told without asking the system itself.
fn host() -> String {
    std::env::var("HOSTNAME")
        .ok()
        .or_else(|| std::fs::read_to_string("/etc/hostname").ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}
