//! Sending datagrams: the socket, and the pace at which a receiver can read them.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;

/// Datagrams that are sent at a time: a receiver's usual buffer holds some more.
const AT_A_TIME: u32 = 32;

/// Then the receiver is given time to read them.
const PAUSE: Duration = Duration::from_millis(1);

/// A socket that sends to this address, and is told when nobody listens there.
pub(crate) async fn connect(address: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = if address.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(address).await?;
    Ok(socket)
}

/// Counts datagrams.
#[derive(Debug, Default)]
pub(crate) struct Pace(u32);

impl Pace {
    /// Gives the receiver time to read, now and then. Before a datagram, so that one that was sent is never left out of
    /// the account when this is cut off.
    pub(crate) async fn keep(&mut self) {
        self.0 = self.0.wrapping_add(1);
        if self.0.is_multiple_of(AT_A_TIME) {
            tokio::time::sleep(PAUSE).await;
        }
    }
}
