//! One export: requests are encoded and sent one after the other, and what was taken is not sent again.

use super::NAME;
use super::answer::{Partial, Verdict};
use super::config::OtlpTemporality;
use super::encoding::{Contents, Encoder, Source};
use super::transport::Transport;
use crate::export::push::{Baseline, Boxed, Failure, Place, Push, Round};
use crate::report;
use std::mem;
use std::time::Duration;

/// Requests are not made smaller than so many bytes.
const SMALLEST_LIMIT: usize = 1_000;

#[derive(Clone, Copy, Debug)]
pub(super) struct Setup {
    pub(super) temporality: OtlpTemporality,
    /// Bytes of a request.
    pub(super) limit: usize,
    pub(super) interval: Duration,
}

/// What an OTLP exporter's worker does.
#[derive(Debug)]
pub(super) struct Otlp {
    setup: Setup,
    encoder: Encoder,
    transport: Transport,
    baseline: Baseline,
    /// The series that are in the request, in its order.
    places: Vec<Place>,
    body: Vec<u8>,
    unsettled: Option<Unsettled>,
    /// The buffer of the last request that was unsettled.
    spare: Vec<u8>,
}

/// A request with differences that was sent and not taken or refused: there was no answer, or one that says later.
///
/// Whether the peer counted it may not be known. Sent again in another form, with what was recorded since, it would
/// count twice if so; forgotten, it would be lost if not. So it is sent again as it was, to the byte, before anything
/// else: OTLP asks for that ("Duplicate Data"), and a peer that knows points by series and time sees that it has
/// them. What is recorded meanwhile is in the next request, which begins where this one ends. With totals nothing is
/// in doubt: the next one holds them all.
#[derive(Debug)]
struct Unsettled {
    body: Vec<u8>,
    contents: Contents,
    /// Whether the baseline is past it already.
    passed: bool,
}

/// What an export came to so far.
struct Progress<'a> {
    round: &'a Round<'a>,
    pending: u64,
    /// Why something was refused for good: the first such reason.
    refused: Option<Failure>,
}

impl Push for Otlp {
    fn push<'a>(&'a mut self, round: &'a Round<'a>) -> Boxed<'a, Result<(), Failure>> {
        Box::pin(self.export(round))
    }
}

impl Otlp {
    pub(super) fn new(setup: Setup, encoder: Encoder, transport: Transport) -> Self {
        Self {
            setup,
            encoder,
            transport,
            baseline: Baseline::default(),
            places: Vec::new(),
            body: Vec::new(),
            unsettled: None,
            spare: Vec::new(),
        }
    }

    async fn export(&mut self, round: &Round<'_>) -> Result<(), Failure> {
        // The last export may have been cut off while it was sending.
        self.pass_unsettled();
        self.baseline.read(round.sources);
        // Of more metrics that were removed than are kept.
        round.account.dropped(self.baseline.take_lost());
        let earlier = self.unsettled.as_ref();
        let earlier = earlier.map_or(0, |unsettled| unsettled.contents.recordings);
        let mut progress = Progress {
            round,
            pending: self.baseline.pending().wrapping_add(earlier),
            refused: None,
        };
        round.account.pending(progress.pending);
        self.send_unsettled(&mut progress).await?;
        let mut from = Place::default();
        loop {
            let contents = self.encode(from);
            if contents.points == 0 {
                break;
            }
            if self.send_encoded(&contents, &mut progress).await? {
                continue;
            }
            match contents.next {
                Some(next) => from = next,
                None => break,
            }
        }
        match progress.refused {
            None => Ok(()),
            // It is not tried again before it is time for the next export.
            Some(failure) => Err(Failure {
                retry_after: Some(self.setup.interval),
                ..failure
            }),
        }
    }

    fn encode(&mut self, from: Place) -> Contents {
        let source = Source {
            baseline: &self.baseline,
            from,
            temporality: self.setup.temporality,
            limit: self.setup.limit,
        };
        self.encoder
            .encode(&mut self.body, &mut self.places, source)
    }

    fn is_delta(&self) -> bool {
        self.setup.temporality == OtlpTemporality::Delta
    }

    /// Sends the request that was encoded; returns whether it is to be encoded again, in smaller parts.
    async fn send_encoded(
        &mut self,
        contents: &Contents,
        progress: &mut Progress<'_>,
    ) -> Result<bool, Failure> {
        if self.is_delta() {
            // Before it is sent: the export may be cut off while it is.
            let mut body = mem::take(&mut self.spare);
            body.clone_from(&self.body);
            self.unsettled = Some(Unsettled {
                body,
                contents: *contents,
                passed: false,
            });
        }
        let length = self.body.len();
        let sent = self.transport.send(progress.round, &mut self.body).await;
        let verdict = match sent {
            Ok(Verdict::Later(failure)) | Err(failure) => {
                self.pass_unsettled();
                return Err(failure);
            }
            Ok(verdict) => verdict,
        };
        self.settle();
        match verdict {
            Verdict::TooLarge(failure) if contents.points > 1 => {
                let smaller = length.min(self.setup.limit) / 2;
                if smaller < SMALLEST_LIMIT {
                    // It is not the size. What there is stays for the next export.
                    return Err(Failure {
                        retry_after: Some(self.setup.interval),
                        ..failure
                    });
                }
                self.setup.limit = smaller;
                return Ok(true);
            }
            Verdict::Taken(partial) => {
                self.deliver();
                progress.taken(contents, partial);
            }
            Verdict::Refused(failure) | Verdict::TooLarge(failure) | Verdict::Later(failure) => {
                if self.is_delta() {
                    self.deliver();
                    progress.dropped(contents.recordings);
                }
                // Totals stay pending: the next ones hold them.
                progress.refused.get_or_insert(failure);
            }
        }
        Ok(false)
    }

    /// Sends the request again that is unsettled, if there is one.
    async fn send_unsettled(&mut self, progress: &mut Progress<'_>) -> Result<(), Failure> {
        let Some(unsettled) = &self.unsettled else {
            return Ok(());
        };
        let contents = unsettled.contents;
        self.body.clone_from(&unsettled.body);
        match self.transport.send(progress.round, &mut self.body).await? {
            Verdict::Later(failure) => return Err(failure),
            Verdict::Taken(partial) => progress.taken(&contents, partial),
            // Made smaller it would be another one.
            Verdict::Refused(failure) | Verdict::TooLarge(failure) => {
                progress.dropped(contents.recordings);
                progress.refused.get_or_insert(failure);
            }
        }
        self.settle();
        Ok(())
    }

    /// Nothing is unsettled any more.
    fn settle(&mut self) {
        if let Some(unsettled) = self.unsettled.take() {
            self.spare = unsettled.body;
        }
    }

    /// Lets the baseline pass by what is unsettled, which is then sent for itself.
    fn pass_unsettled(&mut self) {
        let passed = self.unsettled.as_mut();
        if passed.is_some_and(|unsettled| !mem::replace(&mut unsettled.passed, true)) {
            self.deliver();
        }
    }

    /// Counts what is in the request as delivered.
    fn deliver(&mut self) {
        for place in self.places.drain(..) {
            self.baseline.deliver(place);
        }
    }
}

impl Progress<'_> {
    /// A request was taken, perhaps but for some points. The peer does not say which: of what they held the share of
    /// all is taken.
    fn taken(&mut self, contents: &Contents, partial: Partial) {
        let Partial { rejected, message } = partial;
        let rejected = rejected.min(contents.points);
        let share = match (rejected, contents.points) {
            (0, _) => 0,
            (rejected, points) => {
                let share = u128::from(contents.recordings) * u128::from(rejected);
                u64::try_from(share / u128::from(points)).unwrap_or(contents.recordings)
            }
        };
        self.delivered(contents.recordings - share);
        if rejected > 0 {
            self.dropped(share);
            let points = contents.points;
            let reason = format!("the peer refused {rejected} of {points} data points: {message}");
            self.refused.get_or_insert(Failure::new("rejected", reason));
        } else if !message.is_empty() {
            report::export_remark(NAME, &message);
        }
    }

    fn delivered(&mut self, recordings: u64) {
        self.round.account.delivered(recordings);
        self.no_longer_pending(recordings);
    }

    fn dropped(&mut self, recordings: u64) {
        self.round.account.dropped(recordings);
        self.no_longer_pending(recordings);
    }

    fn no_longer_pending(&mut self, recordings: u64) {
        self.pending = self.pending.wrapping_sub(recordings);
        self.round.account.pending(self.pending);
    }
}
