//! Sends lines over UDP: as many in a datagram as fit, and no acknowledgement.

use super::encode::Encoder;
use crate::export::push::datagram::{self, Pace};
use crate::export::push::resolve::Resolver;
use crate::export::push::{Baseline, Boxed, Failure, Push, Round};
use crate::report;
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::UdpSocket;

/// Bytes of a datagram that a local network carries in one piece.
const DATAGRAM: usize = 1432;

/// The longest datagram that there is; a longer line cannot be sent.
const LONGEST: usize = 65_507;

/// What the worker of an exporter over UDP does.
pub(super) struct Udp {
    resolver: Resolver,
    encoder: Encoder,
    baseline: Baseline,
}

impl Udp {
    pub(super) fn new(host: &str, port: u16, encoder: Encoder) -> Self {
        Self {
            resolver: Resolver::new(host, port),
            encoder,
            baseline: Baseline::default(),
        }
    }
}

impl Push for Udp {
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
            sent.map_err(|error| {
                self.resolver.doubt();
                Failure::io(&error)
            })
        })
    }
}

impl Udp {
    /// Sends a reading, in datagrams that are delivered once the system took them.
    async fn send_all(&mut self, round: &Round<'_>) -> io::Result<()> {
        let socket = connect(&mut self.resolver, round).await?;
        let mut pace = Pace::default();
        let mut next = 0;
        while next < self.encoder.len() {
            let range = self.encoder.fitting(next, usize::MAX, DATAGRAM);
            next = range.end;
            let text = self.encoder.text(range.clone());
            let too_long = text.len() > LONGEST;
            if too_long {
                report::export("influx", "encoding", self.encoder.name(range.start));
            } else {
                pace.keep().await;
                socket.send(text.as_bytes()).await?;
            }
            for line in self.encoder.lines(range) {
                if too_long {
                    round.account.dropped(line.recordings);
                } else {
                    round.account.delivered(line.recordings);
                }
                self.baseline.deliver(line.place);
            }
        }
        round.account.pending(0);
        Ok(())
    }
}

/// A socket that sends to the first address for which there is a way.
async fn connect(resolver: &mut Resolver, round: &Round<'_>) -> io::Result<UdpSocket> {
    let mut failure = io::Error::from(io::ErrorKind::NotConnected);
    for address in resolver.addresses(round.left()).await? {
        match datagram::connect(*address).await {
            Ok(socket) => return Ok(socket),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}
