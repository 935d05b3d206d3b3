//! What can be set.

use super::path::path;
use crate::Secret;
use crate::error::MetricsError;
use crate::export::labels;
use crate::export::push::http::{Client, below, endpoint};
use crate::export::push::{DEFAULT_INTERVAL, authorization};
use crate::export::setting::{check_interval, invalid, prefix, wrong};
use crate::export::text::ConstantLabel;
use std::time::Duration;

const OPERATION: &str = "create_pushgateway_exporter";

/// Settings of a [`PushgatewayExporter`](crate::PushgatewayExporter).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushgatewayConfig {
    /// Where the Pushgateway is: `http://localhost:9091`, without `/metrics`. Required.
    pub url: String,
    /// The label `job` of everything that is pushed. Required.
    pub job: String,
    /// Further labels that, with the job, name the group: what is pushed replaces what the group held. A value may be
    /// anything, and empty.
    pub grouping: Vec<(String, String)>,
    /// Put, with `_`, before every name that declares no namespace of its own.
    pub namespace: Option<String>,
    /// Labels on every series that do not name the group. A metric's own label of that name wins.
    pub const_labels: Vec<(String, String)>,
    /// `user:password`, sent as `Authorization: Basic ..`.
    pub basic_auth: Option<Secret>,
    /// Whether the group is deleted after the last push, when the metrics are shut down. It stays unless this is set:
    /// what a batch job did is to be seen after it ended.
    pub delete_on_shutdown: bool,
    /// From one push to the next: 60 seconds unless set.
    pub interval: Duration,
}

impl Default for PushgatewayConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            job: String::new(),
            grouping: Vec::new(),
            namespace: None,
            const_labels: Vec::new(),
            basic_auth: None,
            delete_on_shutdown: false,
            interval: DEFAULT_INTERVAL,
        }
    }
}

/// Where to push, and how.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) client: Client,
    /// The names of the labels in the path, `job` among them: the Pushgateway puts its values over a metric's own.
    pub(super) labels: Vec<String>,
    pub(super) prefix: Box<str>,
    pub(super) constant: Box<[ConstantLabel]>,
    pub(super) delete_on_shutdown: bool,
}

impl PushgatewayConfig {
    pub(super) fn checked(&self) -> Result<Group, MetricsError> {
        for (name, value, variable) in [
            ("url", &self.url, "PUSHGATEWAY_URL"),
            ("job", &self.job, "PUSHGATEWAY_JOB"),
        ] {
            if value.is_empty() {
                let reason = format!("{variable}, or `{name}`, is required");
                return Err(wrong(OPERATION, name, "missing_value", reason));
            }
        }
        check_interval(OPERATION, self.interval)?;
        let expected = |expected: String| invalid(OPERATION, "url", expected);
        let uri = endpoint(&self.url).map_err(expected)?;
        let uri = below(&uri, &path(&self.job, &self.grouping)).map_err(expected)?;
        let login = |reason: &str| wrong(OPERATION, "basic_auth", "invalid_variable", reason);
        let authorization = authorization(None, self.basic_auth.as_ref());
        let headers: Vec<_> = authorization.map_err(login)?.into_iter().collect();
        let client = Client::new(uri, &headers).map_err(|reason| login(&reason))?;
        // Together, since none of them may be there twice.
        let mut labels = self.const_labels.clone();
        labels.extend_from_slice(&self.grouping);
        labels.push(("job".to_owned(), self.job.clone()));
        labels::constant(OPERATION, &labels)?;
        let constant = labels::constant(OPERATION, &self.const_labels)?;
        let constant = constant.iter();
        let grouping = self.grouping.iter().map(|(name, _)| name.clone());
        Ok(Group {
            client,
            labels: grouping.chain(["job".to_owned()]).collect(),
            prefix: prefix(OPERATION, self.namespace.as_deref())?,
            constant: constant
                .map(|(name, value)| ConstantLabel::new(name, value))
                .collect(),
            delete_on_shutdown: self.delete_on_shutdown,
        })
    }
}
