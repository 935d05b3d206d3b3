//! The driver of the exporters that push.
//!
//! Each such exporter has a *worker*: a thread with a small runtime of its own, so that neither the application nor
//! another exporter is ever held up, and so that it works whatever runtime the application has, if any. The worker
//! owns the interval, the time limit, the back-off, and the last export when it is told to stop; there is at most
//! one export under way. What an exporter does is a [`Push`]: read the families of its [`Sources`], and send them.
//!
//! Reading changes nothing that others see. An exporter that sends differences keeps a [`Baseline`] of its own and
//! advances it by what was delivered, so that nothing is lost while its peer is away.

#![cfg_attr(
    not(all(
        feature = "datadog",
        feature = "graphite",
        feature = "influx",
        feature = "json",
        feature = "otlp",
        feature = "statsd"
    )),
    allow(
        dead_code,
        unused_imports,
        reason = "parts of the driver serve some of the exporters"
    )
)]

mod account;
#[cfg(any(feature = "pushgateway", feature = "remote-write"))]
mod authorization;
mod backoff;
mod baseline;
mod custom;
#[cfg(any(feature = "influx", feature = "statsd"))]
pub(crate) mod datagram;
mod follower;
#[cfg(feature = "_http-client")]
pub(crate) mod http;
#[cfg(any(feature = "graphite", feature = "influx"))]
pub(crate) mod labels;
#[cfg(any(feature = "datadog", feature = "remote-write"))]
mod moments;
#[cfg(any(feature = "graphite", feature = "influx"))]
pub(crate) mod percent;
mod pusher;
mod reading;
#[cfg(any(feature = "graphite", feature = "influx", feature = "statsd"))]
pub(crate) mod resolve;
#[cfg(all(test, any(feature = "graphite", feature = "influx")))]
pub(crate) mod sample;
mod worker;

pub(crate) use account::Account;
#[cfg(any(feature = "pushgateway", feature = "remote-write"))]
pub(crate) use authorization::authorization;
pub(crate) use baseline::Baseline;
#[allow(
    unused_imports,
    clippy::allow_attributes,
    reason = "of some of the exporters"
)]
pub(crate) use baseline::{Change, Place};
pub(crate) use custom::{Call, Custom, call_of};
#[cfg(any(feature = "datadog", feature = "remote-write"))]
pub(crate) use moments::Moments;
pub(crate) use pusher::Pusher;
pub(crate) use reading::{Numbers, Reader};
pub(crate) use worker::Worker;

use crate::error::{ErrorCategory, Fault};
use crate::export::sources::Sources;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

/// How often an exporter pushes unless it says otherwise.
pub(crate) const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);

/// How long one export may take.
pub(crate) const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);

/// A future that was put in a box.
pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What an exporter does when it is time.
pub(crate) trait Push: Send {
    /// Reads the families and sends them. It may be dropped at any await point, when it takes too long.
    fn push<'a>(&'a mut self, round: &'a Round<'a>) -> Boxed<'a, Result<(), Failure>>;

    /// Called between exports, as often as [`Settings::pause`] says: for what cannot wait that long.
    /// As an export, it may be dropped at any await point.
    fn meanwhile<'a>(&'a mut self, round: &'a Round<'a>) -> Boxed<'a, ()> {
        let _ = round;
        Box::pin(std::future::ready(()))
    }
}

/// One export.
#[derive(Debug)]
pub(crate) struct Round<'a> {
    /// What is to be exported.
    pub(crate) sources: &'a Sources,
    /// Where is counted what became of it.
    pub(crate) account: &'a Account,
    /// When it will be cut off.
    pub(crate) deadline: Instant,
    /// Whether none will follow.
    #[allow(
        dead_code,
        clippy::allow_attributes,
        reason = "of some of the exporters"
    )]
    pub(crate) last: bool,
}

impl Round<'_> {
    /// The time that is left.
    pub(crate) fn left(&self) -> Duration {
        // By the runtime's clock, as the worker does.
        let now = tokio::time::Instant::now().into_std();
        self.deadline.saturating_duration_since(now)
    }
}

/// How a worker goes about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// From one export to the next.
    pub(crate) interval: Duration,
    /// How long one may take.
    pub(crate) timeout: Duration,
    /// From one call of [`Push::meanwhile`] to the next, if it is wanted.
    pub(crate) pause: Option<Duration>,
}

impl Settings {
    pub(crate) const fn every(interval: Duration) -> Self {
        Self {
            interval,
            timeout: EXPORT_TIMEOUT,
            pause: None,
        }
    }
}

/// Why an export failed.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) fault: Fault,
    /// How long the peer asked to be left alone.
    pub(crate) retry_after: Option<Duration>,
    /// Whether nothing is left to be tried again: the next export comes at the interval, as after a success.
    pub(crate) settled: bool,
    /// Whether it came before everything was read.
    pub(crate) unread: bool,
}

impl Failure {
    /// `error_type` is one of `io`, `timeout`, `rejected` and `encoding`.
    pub(crate) fn new(error_type: &'static str, reason: impl Into<String>) -> Self {
        Self {
            fault: Fault::new(ErrorCategory::Export, error_type, reason.into()),
            retry_after: None,
            settled: false,
            unread: false,
        }
    }

    pub(crate) fn io(error: &std::io::Error) -> Self {
        let error_type = match error.kind() {
            std::io::ErrorKind::TimedOut => "timeout",
            _ => "io",
        };
        Self::new(error_type, error.to_string())
    }

    /// As [`io`](Self::io), with what was being done.
    #[cfg(feature = "json")]
    pub(crate) fn io_in(doing: &str, error: &std::io::Error) -> Self {
        let mut failure = Self::io(error);
        failure.fault.reason = format!("{doing}: {error}").into();
        failure
    }
}
