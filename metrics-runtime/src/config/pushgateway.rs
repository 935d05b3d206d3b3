//! Variables of the Pushgateway exporter.

use super::parse;
use super::table::{Variable, rows};
use crate::Secret;

/// What they say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Settings {
    url: Option<String>,
    job: Option<String>,
    grouping: Vec<(String, String)>,
    basic_auth: Option<Secret>,
    delete_on_shutdown: bool,
}

pub(super) const VARIABLES: &[Variable] = rows! {
    "PUSHGATEWAY_URL", "none", "Pushgateway: where it is, such as `http://localhost:9091`" => |config, text| config.pushgateway.url = Some(text.to_owned());
    "PUSHGATEWAY_JOB", "none", "Pushgateway: the label `job`" => |config, text| config.pushgateway.job = Some(text.to_owned());
    "PUSHGATEWAY_GROUPING", "none", "Pushgateway: further labels that name the group: `name=value,name=value`" => |config, text| config.pushgateway.grouping = parse::const_labels(text)?;
    "PUSHGATEWAY_BASIC_AUTH", "none", "Pushgateway: `user:password`; `PUSHGATEWAY_BASIC_AUTH_FILE` names a file with it" => |config, text| config.pushgateway.basic_auth = Some(parse::credentials(text)?.into());
    "PUSHGATEWAY_DELETE_ON_SHUTDOWN", "false", "Pushgateway: delete the group after the last push" => |config, text| config.pushgateway.delete_on_shutdown = parse::switch(text)?;
};

#[cfg(feature = "pushgateway")]
impl super::Config {
    /// The exporter's settings.
    pub(crate) fn for_pushgateway(&self) -> crate::PushgatewayConfig {
        let default = crate::PushgatewayConfig::default();
        let settings = &self.pushgateway;
        crate::PushgatewayConfig {
            url: settings.url.clone().unwrap_or_default(),
            job: settings.job.clone().unwrap_or_default(),
            grouping: settings.grouping.clone(),
            namespace: self.namespace.clone(),
            const_labels: self.const_labels.clone(),
            basic_auth: settings.basic_auth.clone(),
            delete_on_shutdown: settings.delete_on_shutdown,
            interval: self.export_interval.unwrap_or(default.interval),
        }
    }
}
