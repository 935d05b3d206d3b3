//! Sends lines over UDP: as many in a datagram as fit, and no acknowledgement.

use super::encode::Encoder;
use crate::export::push::resolve::Resolver;
use crate::export::push::{Baseline, Boxed, Failure, Push, Round};
use crate::report;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::UdpSocket;

/// Bytes of a datagram that a local network carries in one piece.
const DATAGRAM: usize = 1432;

/// The longest datagram that there is; a longer line cannot be sent.
const LONGEST: usize = 65_507;

/// Datagrams that are sent at a time: a receiver's usual buffer holds some more.
const AT_A_TIME: usize = 32;

/// Then the receiver is given time to read them.
const PAUSE: Duration = Duration::from_millis(1);

/// What the worker of an exporter over UDP does.
pub(super) struct Udp {
    resolver: Resolver,
    encoder: Encoder,
    baseline: Baseline,
}

impl Udp {
    pub(super) fn new(host: String, port: u16, encoder: Encoder) -> Self {
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
            let Self {
                resolver,
                encoder,
                baseline,
            } = self;
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            baseline.read(round.sources);
            encoder.encode(baseline, super::nanoseconds(now.unwrap_or_default()));
            super::leave_out(encoder, baseline, round);
            round.account.pending(baseline.pending());
            let socket = connect(resolver.addresses(round).await?).await?;
            let mut next = 0;
            let mut datagrams = 0_usize;
            while next < encoder.len() {
                let range = encoder.fitting(next, usize::MAX, DATAGRAM);
                next = range.end;
                let text = encoder.text(range.clone());
                let too_long = text.len() > LONGEST;
                if too_long {
                    report::export("influx", "encoding", encoder.name(range.start));
                } else {
                    socket
                        .send(text.as_bytes())
                        .await
                        .map_err(|error| Failure::io(&error))?;
                }
                for line in encoder.lines(range) {
                    if too_long {
                        round.account.dropped(line.recordings);
                    } else {
                        round.account.delivered(line.recordings);
                    }
                    baseline.deliver(line.place);
                }
                datagrams += 1;
                if datagrams.is_multiple_of(AT_A_TIME) {
                    tokio::time::sleep(PAUSE).await;
                }
            }
            round.account.pending(0);
            Ok(())
        })
    }
}

/// A socket that sends to the first address for which there is a way.
async fn connect(addresses: &[SocketAddr]) -> Result<UdpSocket, Failure> {
    let mut failure = Failure::new("io", "no address");
    for address in addresses {
        let own: SocketAddr = if address.is_ipv4() {
            (Ipv4Addr::UNSPECIFIED, 0).into()
        } else {
            (Ipv6Addr::UNSPECIFIED, 0).into()
        };
        let connected = async {
            let socket = UdpSocket::bind(own).await?;
            socket.connect(address).await?;
            Ok(socket)
        };
        match connected.await {
            Ok(socket) => return Ok(socket),
            Err(error) => failure = Failure::io(&error),
        }
    }
    Err(failure)
}
