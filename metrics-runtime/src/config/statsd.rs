//! The variables of the StatsD exporter.

use super::table::{Variable, rows};
use super::{Wrong, parse};

/// What the environment says about StatsD.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Statsd {
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) prefix: Option<String>,
    pub(crate) socket: Option<String>,
    pub(crate) dialect: Option<&'static str>,
    pub(crate) transport: Option<&'static str>,
    pub(crate) histogram_type: Option<&'static str>,
    pub(crate) aggregate: Option<bool>,
    pub(crate) sample_rate: Option<f64>,
    pub(crate) max_packet_bytes: Option<usize>,
}

pub(super) const VARIABLES: &[Variable] = rows! {
    "STATSD_HOST", "localhost", "the host of the StatsD server" => |config, text| config.statsd.host = Some(host(text)?);
    "STATSD_PORT", "8125", "its port" => |config, text| config.statsd.port = Some(port(text)?);
    "STATSD_PREFIX", "none", "put, with a full stop, before every name" => |config, text| config.statsd.prefix = Some(prefix(text)?);
    "STATSD_SOCKET", "none", "the path of the server's Unix datagram socket; it is used in place of host and port" => |config, text| config.statsd.socket = Some(socket(text)?);
    "STATSD_DIALECT", "`plain`", "how labels are written: `plain`, `dogstatsd`, `graphite` or `influx`" => |config, text| config.statsd.dialect = Some(one_of(text, &["plain", "dogstatsd", "graphite", "influx"])?);
    "STATSD_TRANSPORT", "`udp`", "`udp`, `tcp`, or (on Unix) `uds`, which `STATSD_SOCKET` implies" => |config, text| config.statsd.transport = Some(one_of(text, TRANSPORTS)?);
    "STATSD_AGGREGATE", "true", "add up what is recorded and send it once an interval; `false` sends every observation by itself" => |config, text| config.statsd.aggregate = Some(parse::switch(text)?);
    "STATSD_SAMPLE_RATE", "1", "which part of the observations is sent where they are not added up" => |config, text| config.statsd.sample_rate = Some(rate(text)?);
    "STATSD_HISTOGRAM_TYPE", "`ms` (DogStatsD: `h`)", "as what observations are sent: `ms`, `h` or `d`" => |config, text| config.statsd.histogram_type = Some(one_of(text, &["ms", "h", "d"])?);
    "STATSD_MAX_PACKET_BYTES", "1432 (`uds`: 8192)", "bytes of a packet at most" => |config, text| config.statsd.max_packet_bytes = Some(packet_bytes(text)?);
};

const TRANSPORTS: &[&str] = if cfg!(unix) {
    &["udp", "tcp", "uds"]
} else {
    &["udp", "tcp"]
};

/// The bytes of a packet that may be asked for: a line has to fit, and it has to be a datagram.
pub(crate) const PACKET_BYTES: std::ops::RangeInclusive<usize> = 64..=65_507;

pub(crate) const EXPECTED_HOST: &str = "the name or address of a host";
pub(crate) const EXPECTED_PORT: &str = "a port from 1 to 65535";
pub(crate) const EXPECTED_PREFIX: &str =
    "letters, digits, `_` and `-`, in parts between full stops, such as `acme.api`";
pub(crate) const EXPECTED_RATE: &str = "a rate above 0, at most 1";
pub(crate) const EXPECTED_PACKET_BYTES: &str = "a whole number from 64 to 65507";

pub(crate) fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']' | '%'))
}

/// A full stop at the end does no harm.
pub(crate) fn is_prefix(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    text.split('.').all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    })
}

/// Not so small either that nobody would ever see an observation.
pub(crate) fn is_rate(rate: f64) -> bool {
    (1e-9..=1.0).contains(&rate)
}

/// Settings that contradict each other.
pub(super) fn check(statsd: &Statsd) -> Option<Wrong> {
    let (variable, error_type, message) = match (statsd.transport, &statsd.socket) {
        (Some("uds"), None) => (
            "STATSD_SOCKET",
            "missing_value",
            "STATSD_SOCKET='': expected the path of a Unix socket, since STATSD_TRANSPORT='uds'"
                .to_owned(),
        ),
        (Some(transport @ ("udp" | "tcp")), Some(socket)) => (
            "STATSD_SOCKET",
            "conflict",
            format!(
                "STATSD_SOCKET='{socket}' and STATSD_TRANSPORT='{transport}' contradict each other; expected STATSD_TRANSPORT='uds', or no STATSD_SOCKET"
            ),
        ),
        _ => return None,
    };
    Some(Wrong {
        variable: variable.to_owned(),
        error_type,
        message,
    })
}

fn checked<T>(value: Option<T>, expected: &str) -> Result<T, String> {
    value.ok_or_else(|| expected.to_owned())
}

fn host(text: &str) -> Result<String, String> {
    checked(is_host(text).then(|| text.to_owned()), EXPECTED_HOST)
}

fn port(text: &str) -> Result<u16, String> {
    checked(text.parse().ok().filter(|port| *port > 0), EXPECTED_PORT)
}

fn prefix(text: &str) -> Result<String, String> {
    checked(is_prefix(text).then(|| text.to_owned()), EXPECTED_PREFIX)
}

fn socket(text: &str) -> Result<String, String> {
    let fine = cfg!(unix) && !text.contains('\0');
    checked(
        fine.then(|| text.to_owned()),
        "the path of a Unix socket, on Unix",
    )
}

fn rate(text: &str) -> Result<f64, String> {
    checked(
        text.parse().ok().filter(|rate| is_rate(*rate)),
        EXPECTED_RATE,
    )
}

fn packet_bytes(text: &str) -> Result<usize, String> {
    let bytes = text.parse().ok();
    checked(
        bytes.filter(|bytes| PACKET_BYTES.contains(bytes)),
        EXPECTED_PACKET_BYTES,
    )
}

/// One of some words, in any case.
fn one_of(text: &str, words: &[&'static str]) -> Result<&'static str, String> {
    let lower = text.to_ascii_lowercase();
    let found = words.iter().find(|word| **word == lower);
    found.copied().ok_or_else(|| match words {
        [others @ .., last] => format!("`{}` or `{last}`", others.join("`, `")),
        [] => String::new(),
    })
}
