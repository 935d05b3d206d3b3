//! A Prometheus Pushgateway, for jobs that end before they are scraped.
//!
//! Source: the Pushgateway's README, "API".

mod config;
mod path;

pub use config::PushgatewayConfig;

use crate::error::MetricsError;
#[cfg(test)]
use crate::export::mapping::Mapping;
use crate::export::push::http::{Answer, Message};
use crate::export::push::{
    Baseline, Boxed, EXPORT_TIMEOUT, Failure, Push, Pusher, Round, Settings,
};
use crate::export::text::{Format, Scratch, Style, write_family};
use crate::family::Family;
use crate::report;
use config::Group;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use ureq::http::Method;

/// How a metric is seen here.
#[cfg(test)]
pub(crate) const MAPPINGS: &[Mapping] = &[Mapping::as_scraped("pushgateway")];

/// Pushes all metrics to a Prometheus Pushgateway: at an interval, and when the metrics are shut down.
///
/// For batch jobs, which may be over before Prometheus scrapes them; a service is better scraped. Each push replaces
/// what the group (the job and the grouping labels) held before. Nothing expires there: what a job pushed stays until
/// the group is [deleted](Self::delete).
///
/// Cheap to clone; clones share one thread, which starts when the exporter is attached to metrics.
///
/// ```
/// use instrumetrics_runtime::{Metrics, PushgatewayConfig, PushgatewayExporter};
///
/// # fn main() -> Result<(), instrumetrics_runtime::MetricsError> {
/// let exporter = PushgatewayExporter::new(PushgatewayConfig {
///     url: "http://localhost:9091".to_owned(),
///     job: "nightly_import".to_owned(),
///     ..PushgatewayConfig::default()
/// })?;
/// let metrics = Metrics::builder().exporter(exporter.clone()).build();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PushgatewayExporter {
    group: Arc<Group>,
    pusher: Pusher,
}

impl PushgatewayExporter {
    /// An exporter with these settings. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// `missing_value` without a URL or a job, `invalid_variable` for a URL, password, namespace, interval or label that
    /// cannot be, `conflict` for a label that is given twice or that a declared metric has already: the Pushgateway puts
    /// the group's labels over a metric's own.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "as with every exporter, so that some may keep it"
    )]
    pub fn new(config: PushgatewayConfig) -> Result<Self, MetricsError> {
        let group = Arc::new(config.checked()?);
        let (target, interval) = (Arc::clone(&group), config.interval);
        let pusher = Pusher::new("pushgateway", Settings::every(interval), move || {
            Box::new(Pushgateway {
                group: Arc::clone(&target),
                interval,
                baseline: Baseline::default(),
                families: Vec::new(),
                scratch: Scratch::default(),
                text: String::new(),
            })
        });
        Ok(Self { group, pusher })
    }

    /// Deletes the group with everything in it, whoever pushed it. The next push makes it anew, so this comes after
    /// [`Metrics::shutdown`](crate::Metrics::shutdown). The future needs no runtime.
    ///
    /// # Errors
    ///
    /// `io`, `timeout` (after ten seconds) and `rejected`.
    pub async fn delete(&self) -> Result<(), MetricsError> {
        let (done, deleted) = oneshot::channel();
        let group = Arc::clone(&self.group);
        // The client blocks, and there may be no runtime to do that in.
        let thread = std::thread::Builder::new()
            .name("metrics-delete".into())
            .spawn(move || {
                let message = message(Method::DELETE, Vec::new());
                let answer = group.client.send_blocking(message, EXPORT_TIMEOUT);
                // Nobody may be waiting any more.
                let _ = done.send(answer.and_then(taken));
            });
        let result = match thread {
            Ok(_) => deleted
                .await
                .unwrap_or_else(|_| Err(Failure::new("io", "the request was broken off"))),
            Err(error) => Err(Failure::io(&error)),
        };
        result
            .map(drop)
            .map_err(|failure| MetricsError::new("delete", "pushgateway", failure.fault, None))
    }

    pub(crate) fn into_pusher(self) -> Pusher {
        self.pusher
    }
}

impl Group {
    /// Whether a family has a label that names the group: with the group's value in its place, its series would be
    /// one, and the Pushgateway would refuse everything.
    fn overrides(&self, family: &Family) -> bool {
        let own = &family.definition.labels;
        own.iter()
            .any(|own| self.labels.iter().any(|name| name == own))
    }
}

fn message(method: Method, body: Vec<u8>) -> Message {
    Message {
        method,
        content_type: Format::Text.content_type(),
        encoding: None,
        body,
    }
}

/// An answer that says that it was done.
fn taken(answer: Answer) -> Result<Answer, Failure> {
    if answer.is_success() {
        Ok(answer)
    } else {
        Err(answer.failure())
    }
}

struct Pushgateway {
    group: Arc<Group>,
    interval: Duration,
    /// For the account alone: what is sent is everything there is.
    baseline: Baseline,
    families: Vec<Arc<Family>>,
    scratch: Scratch,
    text: String,
}

impl Push for Pushgateway {
    fn push<'a>(&'a mut self, round: &'a Round<'a>) -> Boxed<'a, Result<(), Failure>> {
        Box::pin(async move {
            // Read before the text is written, which so has at least as much.
            self.baseline.read(round.sources);
            // What was removed is not in what is put, this time or later.
            round.account.dropped(self.baseline.forget_gone());
            round.account.pending(self.baseline.pending());
            let pushed = self.put(round).await;
            if pushed.is_ok() {
                self.account_for(round);
            } else if round.last {
                round.account.dropped(self.baseline.pending());
                round.account.pending(0);
            }
            if round.last && self.group.delete_on_shutdown {
                let message = message(Method::DELETE, Vec::new());
                let deleted = self.group.client.send(round, message).await;
                return pushed.and(deleted.and_then(taken).map(drop));
            }
            pushed
        })
    }
}

impl Pushgateway {
    /// Replaces the group by everything there is.
    async fn put(&mut self, round: &Round<'_>) -> Result<(), Failure> {
        let group = &self.group;
        round
            .sources
            .families_into(&mut self.families, &group.prefix);
        let style = Style {
            format: Format::Text,
            prefix: &group.prefix,
            constant: &group.constant,
        };
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        for family in self.families.drain(..) {
            if group.overrides(&family) {
                report::export("pushgateway", "collision", &family.definition.name);
            } else {
                write_family(&mut text, &family, style, &mut self.scratch);
            }
        }
        let message = message(Method::PUT, text.into_bytes());
        let answer = group.client.send(round, message).await?;
        let again = answer.may_be_retried();
        let answer = taken(answer).map_err(|failure| Failure {
            // What it refused now it will refuse in a second too.
            retry_after: failure.retry_after.or((!again).then_some(self.interval)),
            ..failure
        })?;
        self.text = String::from_utf8(answer.sent).unwrap_or_default();
        Ok(())
    }

    /// Everything was taken but for what was left out.
    fn account_for(&mut self, round: &Round<'_>) {
        let (mut delivered, mut dropped) = (0_u64, 0_u64);
        for change in self.baseline.changes() {
            let sum = if self.group.overrides(change.family) {
                &mut dropped
            } else {
                &mut delivered
            };
            *sum = sum.wrapping_add(change.recordings());
        }
        self.baseline.deliver_all();
        round.account.delivered(delivered);
        round.account.dropped(dropped);
        round.account.pending(0);
    }
}
