//! Where lines are sent: the settings, checked.

use super::{InfluxConfig, NEW};
use crate::Secret;
use crate::error::MetricsError;
use crate::export::push::http::{Client, below, endpoint};
use crate::export::setting::{is_host, wrong};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use std::fmt::Write as _;

/// Where lines are sent.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Http { client: Client, gzip: bool },
    Udp { host: String, port: u16 },
}

impl Target {
    /// What the settings say.
    ///
    /// # Errors
    ///
    /// As [`InfluxExporter::new`](super::InfluxExporter::new).
    pub(super) fn of(config: &InfluxConfig) -> Result<Self, MetricsError> {
        match config.url.trim().strip_prefix("udp://") {
            Some(address) => udp(config, address),
            None => http(config),
        }
    }
}

fn udp(config: &InfluxConfig, address: &str) -> Result<Target, MetricsError> {
    let unused = [
        ("INFLUXDB_DATABASE", config.database.is_some()),
        ("INFLUXDB_ORG", config.org.is_some()),
        ("INFLUXDB_BUCKET", config.bucket.is_some()),
        ("INFLUXDB_TOKEN", config.token.is_some()),
        ("INFLUXDB_USERNAME", config.username.is_some()),
        ("INFLUXDB_PASSWORD", config.password.is_some()),
    ];
    if let Some((name, _)) = unused.into_iter().find(|(_, set)| *set) {
        let reason = "it has no effect over UDP, where the server chooses the database";
        return Err(wrong(NEW, name, "conflict", reason));
    }
    let parts = address.trim_end_matches('/').rsplit_once(':');
    let (host, port) = parts.ok_or_else(|| invalid_url("`udp://host:port`"))?;
    let host = host.strip_prefix('[').unwrap_or(host);
    let host = host.strip_suffix(']').unwrap_or(host);
    match port.parse() {
        Ok(port) if port > 0 && is_host(host) => Ok(Target::Udp {
            host: host.to_owned(),
            port,
        }),
        _ => Err(invalid_url("`udp://host:port`")),
    }
}

fn http(config: &InfluxConfig) -> Result<Target, MetricsError> {
    let base = endpoint(&config.url).map_err(|expected| invalid_url(&expected))?;
    let missing = |name, reason: &str| wrong(NEW, name, "missing_value", reason);
    let conflict = |name, reason: &str| wrong(NEW, name, "conflict", reason);
    let mut query = Query::default();
    let path = match (set(config.database.as_ref()), set(config.bucket.as_ref())) {
        (Some(database), None) => {
            if set(config.org.as_ref()).is_some() {
                return Err(conflict(
                    "INFLUXDB_ORG",
                    "it goes with a bucket, not a database",
                ));
            }
            query.add("db", database);
            "/write"
        }
        (None, Some(bucket)) => {
            let org = set(config.org.as_ref()).ok_or_else(|| {
                missing("INFLUXDB_ORG", "expected the organisation of the bucket")
            })?;
            query.add("org", org);
            query.add("bucket", bucket);
            "/api/v2/write"
        }
        (Some(_), Some(_)) => {
            let reason = "INFLUXDB_DATABASE is set too; set one of them";
            return Err(conflict("INFLUXDB_BUCKET", reason));
        }
        (None, None) => {
            let reason = "expected a database, or INFLUXDB_ORG and INFLUXDB_BUCKET";
            return Err(missing("INFLUXDB_DATABASE", reason));
        }
    };
    query.add("precision", "ns");
    let uri = below(&base, &format!("{path}{}", query.0)).map_err(|text| invalid_url(&text))?;
    let client = Client::new(uri, &authorization(config)?)
        .map_err(|reason| wrong(NEW, "INFLUXDB_TOKEN", "invalid_variable", reason))?;
    Ok(Target::Http {
        client,
        gzip: config.gzip,
    })
}

/// The header that lets us in, if there is one.
fn authorization(config: &InfluxConfig) -> Result<Vec<(String, Secret)>, MetricsError> {
    let header = |value: String| vec![("Authorization".to_owned(), Secret::from(value))];
    let fine = |name, secret: &Secret| {
        let reason = "expected a value without control characters";
        let fine = secret.is_sendable().then_some(());
        fine.ok_or_else(|| wrong(NEW, name, "invalid_variable", reason))
    };
    match (
        &config.token,
        set(config.username.as_ref()),
        &config.password,
    ) {
        (None, None, None) => Ok(Vec::new()),
        (Some(token), None, None) => {
            fine("INFLUXDB_TOKEN", token)?;
            Ok(header(format!("Token {}", token.reveal())))
        }
        (None, Some(user), Some(password)) => {
            fine("INFLUXDB_PASSWORD", password)?;
            if user.contains(':') || user.chars().any(char::is_control) {
                let reason = "expected a name without `:` and control characters";
                return Err(wrong(NEW, "INFLUXDB_USERNAME", "invalid_variable", reason));
            }
            let login = format!("{user}:{}", password.reveal());
            Ok(header(format!("Basic {}", BASE64_STANDARD.encode(login))))
        }
        (None, Some(_), None) => {
            let reason = "expected the password of INFLUXDB_USERNAME";
            Err(wrong(NEW, "INFLUXDB_PASSWORD", "missing_value", reason))
        }
        (None, None, Some(_)) => {
            let reason = "expected the user of INFLUXDB_PASSWORD";
            Err(wrong(NEW, "INFLUXDB_USERNAME", "missing_value", reason))
        }
        (Some(_), ..) => {
            let reason = "a user or password is set too; set one of them";
            Err(wrong(NEW, "INFLUXDB_TOKEN", "conflict", reason))
        }
    }
}

/// A setting that says something.
fn set(setting: Option<&String>) -> Option<&str> {
    setting.map(String::as_str).filter(|text| !text.is_empty())
}

fn invalid_url(expected: &str) -> MetricsError {
    let reason = format!("expected {expected}");
    wrong(NEW, "INFLUXDB_URL", "invalid_variable", reason)
}

/// What follows the path.
#[derive(Default)]
struct Query(String);

impl Query {
    fn add(&mut self, name: &str, value: &str) {
        self.0.push(if self.0.is_empty() { '?' } else { '&' });
        self.0.push_str(name);
        self.0.push('=');
        for byte in value.bytes() {
            // RFC 3986, 2.3: what need not be encoded.
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                self.0.push(char::from(byte));
            } else {
                // Writing to memory does not fail.
                let _ = write!(self.0, "%{byte:02X}");
            }
        }
    }
}
