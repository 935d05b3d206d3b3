//! Prometheus remote write 1.0: snappy-compressed protobuf over HTTP.
//!
//! Source: "Prometheus Remote-Write Specification" 1.0 at prometheus.io.

mod config;
mod encode;
mod wire;

pub use config::RemoteWriteConfig;

use crate::error::MetricsError;
#[cfg(test)]
use crate::export::mapping::Mapping;
use crate::export::push::http::{Client, Message};
use crate::export::push::{Baseline, Boxed, Failure, Moments, Push, Pusher, Round, Settings};
use encode::{Encoder, Style};
use std::sync::Arc;
use std::time::Duration;
use ureq::http::Method;

/// How a metric is seen here.
#[cfg(test)]
pub(crate) const MAPPINGS: &[Mapping] = &[Mapping::as_scraped("remote_write")];

/// Pushes all metrics to whatever takes Prometheus remote write 1.0: Prometheus itself, `VictoriaMetrics`, Mimir, Thanos ..
///
/// Cheap to clone; clones share one thread, which starts when the exporter is attached to metrics. Totals are since the
/// start of the process, so a failed push loses nothing: the next one has all of it.
///
/// ```
/// use instrumetrics_runtime::{Metrics, RemoteWriteConfig, RemoteWriteExporter};
///
/// # fn main() -> Result<(), instrumetrics_runtime::MetricsError> {
/// let exporter = RemoteWriteExporter::new(RemoteWriteConfig {
///     url: "http://localhost:9090/api/v1/write".to_owned(),
///     job: Some("whisper".to_owned()),
///     ..RemoteWriteConfig::default()
/// })?;
/// let metrics = Metrics::builder().exporter(exporter).build();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RemoteWriteExporter {
    pusher: Pusher,
}

impl RemoteWriteExporter {
    /// An exporter with these settings. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// `missing_value` without a URL, `invalid_variable` for a URL, header, token, namespace, interval or label that
    /// cannot be, `conflict` for a label that is given twice or that a declared metric has already.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "as with every exporter, so that some may keep it"
    )]
    pub fn new(config: RemoteWriteConfig) -> Result<Self, MetricsError> {
        let (client, style) = config.checked()?;
        let (style, interval) = (Arc::new(style), config.interval);
        let pusher = Pusher::new("remote_write", Settings::every(interval), move || {
            Box::new(RemoteWrite {
                client: client.clone(),
                style: Arc::clone(&style),
                interval,
                baseline: Baseline::default(),
                encoder: Encoder::default(),
                snappy: snap::raw::Encoder::new(),
                packed: Vec::new(),
                moments: Moments::new(1000, MOST_SECONDS_AHEAD),
            })
        });
        Ok(Self { pusher })
    }

    pub(crate) fn into_pusher(self) -> Pusher {
        self.pusher
    }
}

/// How far ahead of the clock timestamps may run: a minute of exports, one each millisecond.
const MOST_SECONDS_AHEAD: u64 = 60;

struct RemoteWrite {
    client: Client,
    style: Arc<Style>,
    interval: Duration,
    baseline: Baseline,
    encoder: Encoder,
    snappy: snap::raw::Encoder,
    packed: Vec<u8>,
    moments: Moments,
}

impl Push for RemoteWrite {
    fn push<'a>(&'a mut self, round: &'a Round<'a>) -> Boxed<'a, Result<(), Failure>> {
        Box::pin(async move {
            self.baseline.read(round.sources);
            round.account.dropped(self.baseline.take_lost());
            let mut pending = self.baseline.pending();
            round.account.pending(pending);
            let result = self.send_all(round, &mut pending).await;
            if result.is_err() && round.last {
                round.account.dropped(pending);
                pending = 0;
            }
            round.account.pending(pending);
            result
        })
    }
}

impl RemoteWrite {
    /// Sends everything in requests of a bounded size, all with one timestamp.
    async fn send_all(&mut self, round: &Round<'_>, pending: &mut u64) -> Result<(), Failure> {
        let timestamp = self.moments.next().ok_or_else(|| {
            Failure::new("rejected", "exports come faster than one each millisecond")
        })?;
        let (mut sent, mut refused) = (0, None);
        loop {
            let style = &self.style;
            let taken = self.encoder.fill(&self.baseline, sent, style, timestamp);
            if taken == 0 {
                break;
            }
            sent += taken;
            if self.encoder.request.is_empty() {
                continue;
            }
            let message = self.message()?;
            let answer = self.client.send(round, message).await?;
            if answer.is_success() {
                for place in &self.encoder.places {
                    self.baseline.deliver(*place);
                }
                round.account.delivered(self.encoder.recordings);
                *pending = pending.wrapping_sub(self.encoder.recordings);
            } else if answer.status == 429 || answer.status >= 500 {
                // "Retries & Backoff": to be tried again, with the back-off of the driver, and newer values.
                return Err(answer.failure());
            } else {
                // It must not be sent again. What was recorded stays pending: the next totals hold it.
                refused.get_or_insert_with(|| Failure {
                    retry_after: Some(self.interval),
                    ..answer.failure()
                });
            }
            self.packed = answer.sent;
        }
        refused.map_or(Ok(()), Err)
    }

    /// The request that the encoder holds, compressed.
    fn message(&mut self) -> Result<Message, Failure> {
        let request = &self.encoder.request;
        let mut packed = std::mem::take(&mut self.packed);
        packed.resize(snap::raw::max_compress_len(request.len()), 0);
        let length = self
            .snappy
            .compress(request, &mut packed)
            .map_err(|error| Failure::new("encoding", error.to_string()))?;
        packed.truncate(length);
        Ok(Message {
            method: Method::POST,
            content_type: "application/x-protobuf",
            encoding: Some("snappy"),
            body: packed,
        })
    }
}
