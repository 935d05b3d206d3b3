//! The variables of the InfluxDB exporter.

use super::parse;
use super::table::{Variable, rows};
use crate::Secret;

/// What they set; what is not set has the exporter's default.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Influx {
    pub(crate) url: Option<String>,
    pub(crate) database: Option<String>,
    pub(crate) org: Option<String>,
    pub(crate) bucket: Option<String>,
    pub(crate) token: Option<Secret>,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<Secret>,
}

pub(super) const VARIABLES: &[Variable] = rows! {
    "INFLUXDB_URL", "`http://localhost:8086`", "where InfluxDB is: `http://`, `https://` or `udp://`, a host and a port" => |config, text| config.influx.url = Some(text.to_owned());
    "INFLUXDB_DATABASE", "none", "the database, with the API of InfluxDB 1" => |config, text| config.influx.database = Some(text.to_owned());
    "INFLUXDB_ORG", "none", "the organisation, with the API of InfluxDB 2" => |config, text| config.influx.org = Some(text.to_owned());
    "INFLUXDB_BUCKET", "none", "the bucket, with the API of InfluxDB 2" => |config, text| config.influx.bucket = Some(text.to_owned());
    "INFLUXDB_TOKEN", "none", "the token that lets us write; `INFLUXDB_TOKEN_FILE` names a file with it" => |config, text| config.influx.token = Some(parse::secret(text)?.into());
    "INFLUXDB_USERNAME", "none", "the user that may write, with the API of InfluxDB 1" => |config, text| config.influx.username = Some(text.to_owned());
    "INFLUXDB_PASSWORD", "none", "the user's password; `INFLUXDB_PASSWORD_FILE` names a file with it" => |config, text| config.influx.password = Some(parse::secret(text)?.into());
};
