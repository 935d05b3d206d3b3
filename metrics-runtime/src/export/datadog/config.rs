//! What can be set.

use super::encode::Style;
use crate::Secret;
use crate::error::MetricsError;
use crate::export::labels;
use crate::export::push::DEFAULT_INTERVAL;
use crate::export::push::http::{Client, below, endpoint};
use crate::export::setting::{check_interval, invalid, wrong};
use std::time::Duration;

const OPERATION: &str = "create_datadog_exporter";

/// The site where nothing else is said.
const SITE: &str = "datadoghq.com";

/// A version of Datadog's intake of series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DatadogIntake {
    /// `/api/v2/series`.
    #[default]
    V2,
    /// `/api/v1/series`, for what only understands the older one, `VictoriaMetrics` among others.
    V1,
}

/// Settings of a [`DatadogExporter`](crate::DatadogExporter).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatadogConfig {
    /// The API key (not an application key). Required.
    pub api_key: Secret,
    /// The site, such as `datadoghq.eu` or `us5.datadoghq.com`; `datadoghq.com` if there is none. Series go to
    /// `https://api.<site>`.
    pub site: Option<String>,
    /// Where to send in place of `https://api.<site>`: a proxy, or another product that takes Datadog's series.
    pub url: Option<String>,
    /// The version of the intake: 2 unless set.
    pub intake: DatadogIntake,
    /// The host that the metrics are of; Datadog has none for them unless set.
    pub host: Option<String>,
    /// Tags on every series. A metric's own label of that name wins.
    pub const_labels: Vec<(String, String)>,
    /// From one push to the next: 60 seconds unless set. Counts are sent with it, in whole seconds.
    pub interval: Duration,
}

impl Default for DatadogConfig {
    fn default() -> Self {
        Self {
            api_key: Secret::default(),
            site: None,
            url: None,
            intake: DatadogIntake::V2,
            host: None,
            const_labels: Vec::new(),
            interval: DEFAULT_INTERVAL,
        }
    }
}

impl DatadogConfig {
    pub(super) fn checked(&self) -> Result<(Client, Style), MetricsError> {
        if self.api_key.reveal().is_empty() {
            let reason = "DD_API_KEY, or `api_key`, is required";
            return Err(wrong(OPERATION, "api_key", "missing_value", reason));
        }
        check_interval(OPERATION, self.interval)?;
        let invalid = |name: &str, expected: &str| invalid(OPERATION, name, expected);
        let name_of_host = |text: &str| {
            (1..=253).contains(&text.len())
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
        };
        let site = self.site.as_deref().unwrap_or(SITE);
        if !name_of_host(site) {
            return Err(invalid("site", "the name of a site such as `datadoghq.eu`"));
        }
        if self.host.as_deref().is_some_and(|host| !name_of_host(host)) {
            return Err(invalid("host", "the name of a host"));
        }
        let base = match &self.url {
            Some(url) => url.clone(),
            None => format!("https://api.{site}"),
        };
        let path = match self.intake {
            DatadogIntake::V2 => "/api/v2/series",
            DatadogIntake::V1 => "/api/v1/series",
        };
        let uri = endpoint(&base)
            .and_then(|base| below(&base, path))
            .map_err(|expected| invalid("url", &expected))?;
        let headers = [("DD-API-KEY".to_owned(), self.api_key.clone())];
        let client = Client::new(uri, &headers)
            .map_err(|reason| wrong(OPERATION, "api_key", "invalid_variable", reason))?;
        let constant = labels::constant(OPERATION, &self.const_labels)?;
        let style = Style {
            intake: self.intake,
            constant,
            host: self.host.clone(),
            // Rounded, since a fraction cannot be said.
            interval: self
                .interval
                .saturating_add(Duration::from_millis(500))
                .as_secs()
                .max(1),
        };
        Ok((client, style))
    }
}
