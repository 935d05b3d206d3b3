//! Variables of the remote write exporter.

use super::parse;
use super::table::{Variable, rows};
use crate::Secret;

/// What they say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Settings {
    url: Option<String>,
    job: Option<String>,
    instance: Option<String>,
    bearer_token: Option<Secret>,
    basic_auth: Option<Secret>,
    headers: Vec<(String, Secret)>,
}

pub(super) const VARIABLES: &[Variable] = rows! {
    "REMOTE_WRITE_URL", "none", "remote write: where to send, such as `http://localhost:9090/api/v1/write`" => |config, text| config.remote_write.url = Some(text.to_owned());
    "REMOTE_WRITE_JOB", "the program's name", "remote write: the label `job`" => |config, text| config.remote_write.job = Some(text.to_owned());
    "REMOTE_WRITE_INSTANCE", "the host's name", "remote write: the label `instance`" => |config, text| config.remote_write.instance = Some(text.to_owned());
    "REMOTE_WRITE_BEARER_TOKEN", "none", "remote write: a token; `REMOTE_WRITE_BEARER_TOKEN_FILE` names a file with it" => |config, text| config.remote_write.bearer_token = Some(parse::secret(text)?.into());
    "REMOTE_WRITE_BASIC_AUTH", "none", "remote write: `user:password`; `REMOTE_WRITE_BASIC_AUTH_FILE` names a file with it" => |config, text| config.remote_write.basic_auth = Some(parse::credentials(text)?.into());
    "REMOTE_WRITE_HEADERS", "none", "remote write: further headers, `name=value,name=value`; `REMOTE_WRITE_HEADERS_FILE` names a file with them" => |config, text| config.remote_write.headers = headers(text)?;
};

/// Headers; what is in them may be secret, so an error does not repeat it.
fn headers(text: &str) -> Result<Vec<(String, Secret)>, String> {
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair
                .split_once('=')
                .ok_or("headers as `name=value,name=value`")?;
            Ok((name.trim().to_owned(), parse::secret(value.trim())?.into()))
        })
        .collect()
}

#[cfg(feature = "remote-write")]
impl super::Config {
    /// The exporter's settings.
    pub(crate) fn for_remote_write(&self) -> crate::RemoteWriteConfig {
        let default = crate::RemoteWriteConfig::default();
        let settings = &self.remote_write;
        crate::RemoteWriteConfig {
            url: settings.url.clone().unwrap_or_default(),
            job: settings.job.clone(),
            instance: settings.instance.clone(),
            namespace: self.namespace.clone(),
            const_labels: self.const_labels.clone(),
            bearer_token: settings.bearer_token.clone(),
            basic_auth: settings.basic_auth.clone(),
            headers: settings.headers.clone(),
            interval: self.export_interval.unwrap_or(default.interval),
            ..default
        }
    }
}
