//! What the operator chooses, from the environment.
//!
//! | variable | default | meaning |
//! | --- | --- | --- |
//! | `WHISPER_API_ADDR` | `127.0.0.1:8080` | where to listen |
//! | `WHISPER_API_WORKERS` | the cores | jobs that run at the same time |
//! | `WHISPER_API_QUEUE` | 16 | jobs that may wait |
//! | `WHISPER_API_MAX_BODY_BYTES` | 67108864 | the largest upload |
//!
//! Where the metrics go (`METRICS_EXPORTER`, `prometheus` unless it is set) and all about it is up to
//! `instrumetrics`, whose variables are in `docs/CONFIGURATION.md`.
//!
//! An empty variable counts as unset. Every bad value is reported, not only the first.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::thread;

/// A RIFF file's size has 32 bits.
const LARGEST_BODY: usize = 0xFFFF_FFFF;

/// The service's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    /// Where to listen.
    pub(crate) addr: SocketAddr,
    /// Jobs that run at the same time.
    pub(crate) workers: usize,
    /// Jobs that may wait.
    pub(crate) queue: usize,
    /// The largest upload.
    pub(crate) max_body_bytes: usize,
}

impl Config {
    /// Reads the process's environment.
    ///
    /// # Errors
    ///
    /// All values that cannot be used.
    pub(crate) fn from_env() -> Result<Self, ConfigErrors> {
        Self::read(|name| Some(std::env::var_os(name)?.to_string_lossy().into_owned()))
    }

    fn read(lookup: impl Fn(&'static str) -> Option<String>) -> Result<Self, ConfigErrors> {
        let mut reader = Reader {
            lookup,
            errors: Vec::new(),
        };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let config = Self {
            addr: reader.addr(),
            workers: reader.number("WHISPER_API_WORKERS", 1..=1_024, cores),
            queue: reader.number("WHISPER_API_QUEUE", 1..=1_000_000, 16),
            max_body_bytes: reader.number("WHISPER_API_MAX_BODY_BYTES", 1..=LARGEST_BODY, 64 << 20),
        };
        if reader.errors.is_empty() {
            Ok(config)
        } else {
            Err(ConfigErrors(reader.errors))
        }
    }
}

/// Collects what is wrong and goes on with the default.
struct Reader<F> {
    lookup: F,
    errors: Vec<ConfigError>,
}

impl<F: Fn(&'static str) -> Option<String>> Reader<F> {
    fn addr(&mut self) -> SocketAddr {
        let default = (Ipv4Addr::LOCALHOST, 8080).into();
        let expected = || "an IP address and a port, such as `127.0.0.1:8080`".to_owned();
        self.value(
            "WHISPER_API_ADDR",
            default,
            |text| text.parse().ok(),
            expected,
        )
    }

    fn number(
        &mut self,
        variable: &'static str,
        range: RangeInclusive<usize>,
        default: usize,
    ) -> usize {
        let parse = |text: &str| text.parse().ok().filter(|number| range.contains(number));
        let expected = || format!("a whole number from {} to {}", range.start(), range.end());
        self.value(variable, default, parse, expected)
    }

    fn value<T>(
        &mut self,
        variable: &'static str,
        default: T,
        parse: impl FnOnce(&str) -> Option<T>,
        expected: impl FnOnce() -> String,
    ) -> T {
        let Some(value) = (self.lookup)(variable).filter(|value| !value.is_empty()) else {
            return default;
        };
        parse(value.trim()).unwrap_or_else(|| {
            self.errors.push(ConfigError {
                variable,
                value,
                expected: expected(),
            });
            default
        })
    }
}

/// One value that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ConfigError {
    variable: &'static str,
    value: String,
    expected: String,
}

/// All values that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConfigErrors(Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let line_end = if index == 0 { "" } else { "\n" };
            write!(
                f,
                "{line_end}{}={:?}: expected {}",
                error.variable, error.value, error.expected
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
        Config::read(|name| {
            let pair = pairs.iter().find(|(key, _)| *key == name)?;
            Some(pair.1.to_owned())
        })
    }

    #[test]
    fn defaults() {
        let config = read(&[("WHISPER_API_QUEUE", "")]).expect("valid");
        assert_eq!(config.addr.to_string(), "127.0.0.1:8080");
        assert_eq!(config.queue, 16);
        assert_eq!(config.max_body_bytes, 67_108_864);
        assert!(config.workers >= 1);
    }

    #[test]
    fn values() {
        let config = read(&[
            ("WHISPER_API_ADDR", "[::1]:0"),
            ("WHISPER_API_WORKERS", " 3 "),
            ("WHISPER_API_MAX_BODY_BYTES", "1000"),
        ])
        .expect("valid");
        assert_eq!(config.addr.to_string(), "[::1]:0");
        assert_eq!(config.workers, 3);
        assert_eq!(config.max_body_bytes, 1_000);
    }

    #[test]
    fn all_errors_at_once() {
        let errors = read(&[
            ("WHISPER_API_ADDR", "8080"),
            ("WHISPER_API_WORKERS", "0"),
            ("WHISPER_API_QUEUE", "many"),
        ])
        .expect_err("invalid");
        assert_eq!(
            errors.to_string(),
            "WHISPER_API_ADDR=\"8080\": expected an IP address and a port, such as `127.0.0.1:8080`\n\
             WHISPER_API_WORKERS=\"0\": expected a whole number from 1 to 1024\n\
             WHISPER_API_QUEUE=\"many\": expected a whole number from 1 to 1000000"
        );
    }
}
