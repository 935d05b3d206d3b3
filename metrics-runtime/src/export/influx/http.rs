//! Sends lines over HTTP, and narrows down what the server refuses.

use super::encode::Encoder;
use crate::export::push::http::{Answer, Client, Message, gzip};
use crate::export::push::{Baseline, Boxed, Failure, Push, Round};
use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};
use ureq::http::Method;

/// Lines of one request, as InfluxDB's documentation recommends.
const MOST_LINES: usize = 5000;

/// Bytes of one request before it is compressed, far below what servers take.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Requests of one export that narrow down what was refused; what is left then is dropped as a whole.
const MOST_NARROWING: usize = 64;

/// Metrics that are sent by themselves because they were refused. Where there are more, it is not about them.
const MOST_SUSPECTS: usize = 64;

/// What the worker of an exporter over HTTP does.
pub(super) struct Http {
    client: Client,
    gzip: bool,
    encoder: Encoder,
    baseline: Baseline,
    /// Metrics that were refused the last time, each in a request of its own from then on.
    suspects: Vec<String>,
    /// Lines of one request: fewer once the server found one too large.
    most_lines: usize,
    /// What is to be sent: lines of the encoder.
    parts: Vec<Range<usize>>,
    /// The body of a request, to be used again.
    body: Vec<u8>,
}

/// What became of a request.
enum Outcome {
    Taken,
    /// It would be refused again for what is in it.
    Refused(Failure),
    /// It would be refused again for its size.
    TooLarge(Failure),
}

impl Http {
    pub(super) fn new(client: Client, gzip: bool, encoder: Encoder) -> Self {
        Self {
            client,
            gzip,
            encoder,
            baseline: Baseline::default(),
            suspects: Vec::new(),
            most_lines: MOST_LINES,
            parts: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Sends a reading in parts, and each part that is refused in halves, down to one metric.
    async fn send_all(&mut self, round: &Round<'_>) -> Result<(), Failure> {
        self.split();
        let mut refused = None;
        let mut suspects = Vec::new();
        let mut narrowing = 0;
        while let Some(part) = self.parts.pop() {
            let (failure, smallest) = match self.send(round, part.clone()).await? {
                Outcome::Taken => {
                    self.settle(round, part, true);
                    continue;
                }
                Outcome::Refused(failure) => (failure, self.is_one_metric(&part)),
                Outcome::TooLarge(failure) => {
                    self.most_lines = part.len().div_ceil(2);
                    (failure, part.len() == 1)
                }
            };
            if smallest || narrowing >= MOST_NARROWING {
                let name = self.encoder.name(part.start).to_owned();
                self.settle(round, part, false);
                suspects.push(name);
                refused.get_or_insert(failure);
            } else {
                narrowing += 1;
                let middle = part.start + part.len() / 2;
                self.parts.push(middle..part.end);
                self.parts.push(part.start..middle);
            }
        }
        if suspects.len() > MOST_SUSPECTS {
            suspects.clear();
        }
        self.suspects = suspects;
        round.account.pending(0);
        match refused {
            None => Ok(()),
            Some(failure) => Err(Failure {
                // What was refused is dropped, and the rest was taken.
                settled: true,
                ..failure
            }),
        }
    }

    /// Splits the lines into requests, the last first; metrics that were refused before are alone.
    fn split(&mut self) {
        self.parts.clear();
        let mut first = 0;
        while first < self.encoder.len() {
            let mut part = self.encoder.fitting(first, self.most_lines, MOST_BYTES);
            if !self.suspects.is_empty() {
                let lines = self.encoder.lines(part.clone());
                let mut begin = 0;
                // Up to the first metric that is to be alone, or, where that is the first, up to its end.
                for family in lines.chunk_by(|a, b| a.family == b.family) {
                    let name = self.encoder.name(first + begin);
                    if self.suspects.iter().any(|suspect| suspect == name) {
                        begin = if begin == 0 { family.len() } else { begin };
                        part.end = first + begin;
                        break;
                    }
                    begin += family.len();
                }
            }
            first = part.end;
            self.parts.push(part);
        }
        self.parts.reverse();
    }

    fn is_one_metric(&self, part: &Range<usize>) -> bool {
        let lines = self.encoder.lines(part.clone());
        matches!((lines.first(), lines.last()), (Some(a), Some(b)) if a.family == b.family)
    }

    /// Sends some lines.
    ///
    /// # Errors
    ///
    /// When they may be sent again later, as they are.
    async fn send(&mut self, round: &Round<'_>, part: Range<usize>) -> Result<Outcome, Failure> {
        let text = self.encoder.text(part).as_bytes();
        let body = if self.gzip {
            gzip(text)
        } else {
            let mut body = std::mem::take(&mut self.body);
            body.clear();
            body.extend_from_slice(text);
            body
        };
        let message = Message {
            method: Method::POST,
            content_type: "text/plain; charset=utf-8",
            encoding: self.gzip.then_some("gzip"),
            body,
        };
        let mut answer = self.client.send(round, message).await?;
        self.body = std::mem::take(&mut answer.sent);
        outcome(&answer)
    }

    /// Counts lines as delivered, or as dropped.
    fn settle(&mut self, round: &Round<'_>, part: Range<usize>, delivered: bool) {
        for line in self.encoder.lines(part) {
            if delivered {
                round.account.delivered(line.recordings);
            } else {
                round.account.dropped(line.recordings);
            }
            self.baseline.deliver(line.place);
        }
    }
}

impl Push for Http {
    fn push<'a>(&'a mut self, round: &'a Round<'a>) -> Boxed<'a, Result<(), Failure>> {
        Box::pin(async move {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            self.baseline.read(round.sources);
            let nanoseconds = super::nanoseconds(now.unwrap_or_default());
            self.encoder.encode(&self.baseline, nanoseconds);
            let left_out = self.encoder.left_out.drain(..);
            self.baseline.leave_out(left_out, round.account);
            round.account.pending(self.baseline.pending());
            let sent = self.send_all(round).await;
            round.account.pending(self.baseline.pending());
            sent
        })
    }
}

/// What an answer says. 400 and 422 are about what was sent (of a partial write too, which is 400 with the rest
/// written: sent again, the same points are written over themselves), 413 about how much it was. Anything else is about
/// the server, the way to it, or our right to write to it.
fn outcome(answer: &Answer) -> Result<Outcome, Failure> {
    if answer.is_success() {
        return Ok(Outcome::Taken);
    }
    let failure = answer.failure();
    match answer.status {
        400 | 422 => Ok(Outcome::Refused(failure)),
        413 => Ok(Outcome::TooLarge(failure)),
        _ => Err(failure),
    }
}
