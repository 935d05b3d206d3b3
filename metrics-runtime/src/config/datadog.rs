//! Variables of the Datadog exporter. Those that Datadog's own agent has mean the same here.

use super::parse;
use super::table::{Variable, rows};
use crate::Secret;

/// What they say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Settings {
    api_key: Option<Secret>,
    site: Option<String>,
    url: Option<String>,
    version_1: bool,
    host: Option<String>,
}

pub(super) const VARIABLES: &[Variable] = rows! {
    "DD_API_KEY", "none", "Datadog: the API key; `DD_API_KEY_FILE` names a file with it" => |config, text| config.datadog.api_key = Some(parse::secret(text)?.into());
    "DD_SITE", "`datadoghq.com`", "Datadog: the site, such as `datadoghq.eu`" => |config, text| config.datadog.site = Some(text.to_owned());
    "DD_URL", "`https://api.<site>`", "Datadog: where to send instead" => |config, text| config.datadog.url = Some(text.to_owned());
    "DD_HOSTNAME", "none", "Datadog: the host that the metrics are of" => |config, text| config.datadog.host = Some(text.to_owned());
    "DD_SERIES_VERSION", "`v2`", "Datadog: the version of the intake, `v1` or `v2`" => |config, text| config.datadog.version_1 = version_1(text)?;
};

fn version_1(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "v1" | "1" => Ok(true),
        "v2" | "2" => Ok(false),
        _ => Err("`v1` or `v2`".to_owned()),
    }
}

#[cfg(feature = "datadog")]
impl super::Config {
    /// The exporter's settings.
    pub(crate) fn for_datadog(&self) -> crate::DatadogConfig {
        let default = crate::DatadogConfig::default();
        let settings = &self.datadog;
        crate::DatadogConfig {
            api_key: settings.api_key.clone().unwrap_or_default(),
            site: settings.site.clone(),
            url: settings.url.clone(),
            intake: if settings.version_1 {
                crate::DatadogIntake::V1
            } else {
                crate::DatadogIntake::V2
            },
            host: settings.host.clone(),
            const_labels: self.const_labels.clone(),
            interval: self.export_interval.unwrap_or(default.interval),
        }
    }
}
