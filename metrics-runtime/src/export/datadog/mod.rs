//! Datadog's intake of series, over HTTP.
//!
//! Source: "Submit metrics" in the API reference at docs.datadoghq.com, v2 and v1.
//!
//! Counts are differences. Of two points of a series with one timestamp the intake keeps the one that came last, which
//! makes it possible to neither lose a count nor to send it twice: no two exports share a timestamp, and where it is
//! not known whether a request arrived, *the very same bytes* are sent again before anything else is read. Datadog's
//! own agent sends again after a time-out too ("Agent Retry and Buffering Logic").

mod config;
mod encode;
mod sanitise;
mod seen;

pub use config::{DatadogConfig, DatadogIntake};

use crate::error::MetricsError;
#[cfg(test)]
use crate::export::mapping::Mapping;
use crate::export::push::http::{Answer, Client, Message};
use crate::export::push::{
    Baseline, Boxed, Failure, Moments, Place, Push, Pusher, Round, Settings,
};
use encode::{Encoder, Style};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};
use ureq::http::Method;

/// How a metric is seen here.
#[cfg(test)]
pub(crate) const MAPPINGS: &[Mapping] = &[Mapping {
    backend: "datadog",
    name: sanitise::NAME,
    label_name: sanitise::KEY,
    label_value: sanitise::VALUE,
    counter: "a count: how much it grew since it was last delivered",
    gauge: "a gauge",
    histogram: "counts: `.count`, `.sum`, and `.bucket` with the tag `upper_bound` for each bucket by itself that grew",
    unit: "`second` and `byte`, v2 only; it stays in the name",
}];

/// Pushes all metrics to Datadog's intake of series, v2 or v1.
///
/// Cheap to clone; clones share one thread, which starts when the exporter is attached to metrics. Counts are held until
/// the intake has acknowledged them, so they survive its absence; see `docs/BACKENDS.md` for what each answer means.
///
/// ```
/// use instrumetrics_runtime::{DatadogConfig, DatadogExporter, Metrics};
///
/// # fn main() -> Result<(), instrumetrics_runtime::MetricsError> {
/// let exporter = DatadogExporter::new(DatadogConfig {
///     api_key: "0123456789abcdef0123456789abcdef".into(),
///     site: Some("datadoghq.eu".to_owned()),
///     ..DatadogConfig::default()
/// })?;
/// let metrics = Metrics::builder().exporter(exporter).build();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct DatadogExporter {
    pusher: Pusher,
}

impl DatadogExporter {
    /// An exporter with these settings. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// `missing_value` without an API key, `invalid_variable` for a key, site, URL, host, interval or label that
    /// cannot be, `conflict` for a label that is given twice or that a declared metric has already.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "as with every exporter, so that some may keep it"
    )]
    pub fn new(config: DatadogConfig) -> Result<Self, MetricsError> {
        let (client, style) = config.checked()?;
        let (style, interval) = (Arc::new(style), config.interval);
        let pusher = Pusher::new("datadog", Settings::every(interval), move || {
            Box::new(Datadog {
                client: client.clone(),
                style: Arc::clone(&style),
                interval,
                baseline: Baseline::default(),
                encoder: Encoder::default(),
                zlib: ZlibEncoder::new(Vec::new(), Compression::fast()),
                limit: RAW_LIMIT,
                moments: Moments::new(1, MOST_SECONDS_AHEAD),
                flight: None,
            })
        });
        Ok(Self { pusher })
    }

    pub(crate) fn into_pusher(self) -> Pusher {
        self.pusher
    }
}

/// Bytes of a request as it is sent; v1 takes more.
const MOST_PACKED: usize = 512_000;

/// Bytes of a request before it is compressed.
const MOST_RAW: usize = 5_242_880;

/// Bytes of a request before it is compressed at which no further series is begun.
const RAW_LIMIT: usize = 4 << 20;

/// The limit is not halved any more below this.
const LEAST_RAW_LIMIT: usize = 4 << 10;

/// Points may be ten minutes ahead.
const MOST_SECONDS_AHEAD: u64 = 300;

/// Points may be an hour old; what is sent again must be there before that.
const OLDEST: Duration = Duration::from_secs(55 * 60);

struct Datadog {
    client: Client,
    style: Arc<Style>,
    interval: Duration,
    baseline: Baseline,
    encoder: Encoder,
    zlib: ZlibEncoder<Vec<u8>>,
    /// Bytes of a request before compression.
    limit: usize,
    moments: Moments,
    /// What was sent and not yet answered for. It outlives a push that was cut off.
    flight: Option<Flight>,
}

/// A request that may have arrived.
struct Flight {
    body: Vec<u8>,
    /// The series in it. The baseline is not read while there is a flight, so that they stay where they are.
    places: Vec<Place>,
    recordings: u64,
    since: Instant,
}

/// What became of a request.
enum Fate {
    Taken,
    /// With errors, which do not say what they are of.
    TakenBut(Failure),
    /// It is too big.
    TooBig,
    /// Whether it was taken is not known, or it may be later.
    Again(Failure),
    /// It was not taken, and will not be.
    Refused(Failure),
    /// It was not taken, and this is not because of what is in it.
    Turned(Failure),
}

impl Push for Datadog {
    fn push<'a>(&'a mut self, round: &'a Round<'a>) -> Boxed<'a, Result<(), Failure>> {
        Box::pin(async move {
            let result = self.send_all(round).await;
            let pending = self.baseline.pending();
            if result.is_err() && round.last {
                round.account.dropped(pending);
                round.account.pending(0);
            } else {
                round.account.pending(pending);
            }
            result
        })
    }
}

impl Datadog {
    async fn send_all(&mut self, round: &Round<'_>) -> Result<(), Failure> {
        let mut refused = None;
        if self.flight.is_some() {
            let flown = self.fly(round, &mut refused).await;
            flown.map_err(|failure| Failure {
                unread: true,
                ..failure
            })?;
        }
        self.baseline.read(round.sources);
        round.account.dropped(self.baseline.take_lost());
        round.account.pending(self.baseline.pending());
        let timestamp = self
            .moments
            .next()
            .ok_or_else(|| Failure::new("rejected", "exports come faster than one each second"))?;
        self.encoder.begin(&self.baseline);
        let mut read = 0;
        loop {
            let taken = self
                .encoder
                .fill(&self.baseline, read, &self.style, self.limit, timestamp);
            if taken.read == 0 {
                break;
            }
            if !taken.places.is_empty() {
                let body = self.packed();
                let too_big = body.len() > MOST_PACKED || self.encoder.request.len() > MOST_RAW;
                if too_big && taken.places.len() > 1 && self.halve() {
                    self.encoder.forget();
                    continue;
                }
                self.flight = Some(Flight {
                    body,
                    places: taken.places,
                    recordings: taken.recordings,
                    since: Instant::now(),
                });
                if !self.fly(round, &mut refused).await? {
                    self.encoder.forget();
                    continue;
                }
            }
            for place in taken.left_out {
                self.baseline.deliver(place);
            }
            round.account.dropped(taken.lost);
            read += taken.read;
        }
        refused.map_or(Ok(()), Err)
    }

    /// Sends the flight, and puts what becomes of it into the account. Returns whether it is over and done with;
    /// otherwise its series must be written anew, into smaller requests.
    async fn fly(
        &mut self,
        round: &Round<'_>,
        refused: &mut Option<Failure>,
    ) -> Result<bool, Failure> {
        let Some(flight) = &self.flight else {
            return Ok(true);
        };
        let fate = if flight.since.elapsed() > OLDEST {
            Fate::Refused(Failure::new(
                "timeout",
                "counts could not be delivered for an hour",
            ))
        } else {
            let message = Message {
                method: Method::POST,
                content_type: "application/json",
                encoding: Some("deflate"),
                body: flight.body.clone(),
            };
            match self.client.send(round, message).await {
                Ok(answer) => fate(&answer),
                Err(failure) => Fate::Again(failure),
            }
        };
        let fate = match fate {
            Fate::TooBig if flight.places.len() > 1 && self.halve() => {
                self.flight = None;
                return Ok(false);
            }
            Fate::TooBig => Fate::Refused(Failure::new("rejected", "a request is too big")),
            other => other,
        };
        if let Fate::Again(failure) = fate {
            return Err(failure);
        }
        let Some(flight) = self.flight.take() else {
            return Ok(true);
        };
        if let Fate::Turned(failure) = fate {
            return Err(self.at_leisure(failure));
        }
        for place in &flight.places {
            self.baseline.deliver(*place);
        }
        match fate {
            Fate::Refused(failure) => {
                round.account.dropped(flight.recordings);
                let failure = self.at_leisure(failure);
                refused.get_or_insert(failure);
            }
            Fate::TakenBut(failure) => {
                round.account.delivered(flight.recordings);
                let failure = self.at_leisure(failure);
                refused.get_or_insert(failure);
            }
            _ => round.account.delivered(flight.recordings),
        }
        Ok(true)
    }

    /// A failure after which it makes no sense to come back before it is time.
    fn at_leisure(&self, failure: Failure) -> Failure {
        Failure {
            retry_after: failure.retry_after.or(Some(self.interval)),
            ..failure
        }
    }

    /// Makes requests smaller; whether that could be done.
    fn halve(&mut self) -> bool {
        let limit = self.limit.min(self.encoder.request.len().max(1)) / 2;
        let smaller = limit >= LEAST_RAW_LIMIT;
        if smaller {
            self.limit = limit;
        }
        smaller
    }

    /// The request that the encoder holds, compressed. Of the encodings of both versions this is the one they share.
    fn packed(&mut self) -> Vec<u8> {
        // Writing to memory does not fail.
        let _ = self.zlib.write_all(self.encoder.request.as_bytes());
        self.zlib.reset(Vec::new()).unwrap_or_default()
    }
}

/// What an answer means ("Submit metrics", responses; "Agent Retry and Buffering Logic" for what is sent again).
fn fate(answer: &Answer) -> Fate {
    match answer.status {
        _ if answer.is_success() && has_errors(&answer.body) => Fate::TakenBut(answer.failure()),
        _ if answer.is_success() => Fate::Taken,
        413 => Fate::TooBig,
        408 | 429 | 500.. => Fate::Again(answer.failure()),
        // The key, the address, a redirect: what was recorded is kept until that is put right.
        300..=399 | 401 | 403 | 404 | 405 | 407 => Fate::Turned(answer.failure()),
        _ => Fate::Refused(answer.failure()),
    }
}

/// Whether `{"errors": ["..", ..]}` of an answer has something in it.
fn has_errors(body: &[u8]) -> bool {
    let body = String::from_utf8_lossy(body);
    body.split_once("\"errors\"").is_some_and(|(_, list)| {
        let list = list.trim_start().trim_start_matches(':').trim_start();
        list.strip_prefix('[')
            .is_some_and(|list| !list.trim_start().starts_with(']'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_may_have_errors() {
        for (body, has) in [
            ("", false),
            ("{}", false),
            ("{\"errors\":[]}", false),
            ("{ \"errors\" : [ ] }", false),
            ("{\"errors\":null}", false),
            ("{\"status\":\"ok\"}", false),
            ("{\"errors\":[\"tags\"]}", true),
            ("{ \"errors\" : [ \"tags\" ] }", true),
        ] {
            assert_eq!(has_errors(body.as_bytes()), has, "{body}");
        }
    }
}
