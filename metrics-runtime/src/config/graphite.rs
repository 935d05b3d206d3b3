//! The variables of the Graphite exporter.

use super::parse;
use super::table::{Variable, rows};

/// What they set; what is not set has the exporter's default.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Graphite {
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) prefix: Option<String>,
    pub(crate) tags: Option<bool>,
}

pub(super) const VARIABLES: &[Variable] = rows! {
    "GRAPHITE_HOST", "`localhost`", "where Graphite is: a host name or an IP address" => |config, text| config.graphite.host = Some(text.to_owned());
    "GRAPHITE_PORT", "2003", "its port for the plaintext protocol" => |config, text| config.graphite.port = Some(parse::port(text)?);
    "GRAPHITE_PREFIX", "none", "put before every name, with a dot" => |config, text| config.graphite.prefix = Some(text.to_owned());
    "GRAPHITE_TAGS", "true", "whether labels are sent as tags (Graphite 1.1 and later) or as parts of the path" => |config, text| config.graphite.tags = Some(parse::switch(text)?);
};
