//! The way to the server: a socket that is made when it is needed, and made again when it fails.
//!
//! What a socket took is delivered, as far as can be known here: none of these servers answers. Two things are known
//! all the same, and used:
//!
//! - The operating system tells of a datagram that no one listens for, with `ECONNREFUSED` on the socket it left by.
//!   On the loopback interface that is known at once, and the datagram is not delivered then. From further away it
//!   comes later: so after the first datagram of a new socket (and it is a new one after every failure) its coming is
//!   waited for a moment. One that comes later still is about a datagram that was counted as delivered; the one then
//!   refused stays pending.
//! - A stream that was closed says so before the next packet, which then goes over a new one.

use crate::export::push::datagram::{self, Pace};
use crate::export::push::resolve::Resolver;
use std::fmt;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::io::Interest;
#[cfg(unix)]
use tokio::net::UnixDatagram;
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

/// How long word of a refused datagram is waited for, from further away than the loopback interface.
const WORD_OF_REFUSAL: Duration = Duration::from_millis(50);

/// How long one address of several may take to connect.
const CONNECT: Duration = Duration::from_secs(2);

/// A stream that took nothing for so long is given up.
const STALLED: Duration = Duration::from_secs(60);

/// Where the server is.
#[derive(Debug)]
pub(super) enum Target {
    Udp(Resolver),
    Tcp(Resolver),
    #[cfg(unix)]
    Uds(PathBuf),
}

/// The way to the server.
pub(super) struct Link {
    target: Target,
    socket: Option<Socket>,
    /// Which of several addresses is tried first.
    address: usize,
    /// Bytes of the packet under way that a stream took.
    written: usize,
    /// Since when a stream takes nothing.
    stalled: Option<Instant>,
    /// What is left of a line that a stream took a part of.
    rest: Vec<u8>,
    /// The recordings in that line.
    rest_recordings: u64,
    pace: Pace,
}

enum Socket {
    Udp(UdpSocket, SocketAddr, Fresh),
    Tcp(TcpStream, SocketAddr),
    #[cfg(unix)]
    Uds(UnixDatagram),
}

/// Whether nothing was sent yet, so that it is not known if someone listens.
type Fresh = bool;

impl Link {
    pub(super) fn udp(host: &str, port: u16) -> Self {
        Self::to(Target::Udp(Resolver::new(host, port)))
    }

    pub(super) fn tcp(host: &str, port: u16) -> Self {
        Self::to(Target::Tcp(Resolver::new(host, port)))
    }

    #[cfg(unix)]
    pub(super) fn uds(path: PathBuf) -> Self {
        Self::to(Target::Uds(path))
    }

    fn to(target: Target) -> Self {
        Self {
            target,
            socket: None,
            address: 0,
            written: 0,
            pace: Pace::default(),
            stalled: None,
            rest: Vec::new(),
            rest_recordings: 0,
        }
    }

    /// Whether packets follow each other without anything between them, so that each must end its last line.
    pub(super) const fn is_stream(&self) -> bool {
        matches!(self.target, Target::Tcp(_))
    }

    /// Bytes of the packet under way that were taken.
    pub(super) const fn written(&self) -> usize {
        self.written
    }

    /// Keeps what is left of a line that was cut, to be sent first.
    pub(super) fn keep_rest(&mut self, rest: &[u8], recordings: u64) {
        self.written = 0;
        self.rest.clear();
        self.rest.extend_from_slice(rest);
        self.rest_recordings = recordings;
    }

    /// The recordings in a line that was cut.
    pub(super) const fn rest_recordings(&self) -> u64 {
        self.rest_recordings
    }

    /// Whether the rest of a line is still to be sent, and can be.
    pub(super) const fn has_rest(&self) -> bool {
        !self.rest.is_empty() && self.socket.is_some()
    }

    /// Whether there is no way to the server at the moment.
    pub(super) const fn has_no_socket(&self) -> bool {
        self.socket.is_none()
    }

    /// Forgets the rest of a line, and returns the recordings in it.
    pub(super) fn take_rest(&mut self) -> u64 {
        self.rest.clear();
        std::mem::take(&mut self.rest_recordings)
    }

    /// Looks whether the name leads elsewhere by now, or the peer has closed the stream: then the socket is let go.
    pub(super) async fn look(&mut self, left: Duration) {
        let (Target::Udp(resolver) | Target::Tcp(resolver)) = &mut self.target else {
            return;
        };
        let gone = match &self.socket {
            None => return,
            Some(Socket::Udp(_, address, _)) => Some(*address),
            Some(Socket::Tcp(stream, address)) => (!is_closed(stream)).then_some(*address),
            #[cfg(unix)]
            Some(Socket::Uds(_)) => return,
        };
        let addresses = resolver.addresses(left).await;
        let keep = gone
            .is_some_and(|address| addresses.is_ok_and(|addresses| addresses.contains(&address)));
        if !keep {
            self.close();
        }
    }

    /// Sends what is left of a line.
    pub(super) async fn send_rest(&mut self) -> io::Result<()> {
        while let Some(Socket::Tcp(stream, _)) = &self.socket
            && !self.rest.is_empty()
        {
            match write(stream, &self.rest, &mut self.stalled).await {
                Ok(written) => drop(self.rest.drain(..written)),
                Err(error) => return Err(self.failed(&error)),
            }
        }
        Ok(())
    }

    /// Sends a packet, whose last byte is a line feed. When this is cut off, or fails, [`written`](Self::written) says
    /// how much of it was taken.
    pub(super) async fn send(&mut self, packet: &[u8], left: Duration) -> io::Result<()> {
        self.written = 0;
        let deadline = Instant::now() + left;
        if let Some(Socket::Udp(..)) = &self.socket {
            self.pace.keep().await;
        }
        // Each address once, and whatever was fine before once more.
        let before = usize::from(self.socket.is_some());
        let (mut tried, mut most) = (0, 0);
        loop {
            most = most.max(self.connect(deadline).await? + before);
            match self.try_send(packet).await {
                Ok(()) => return Ok(()),
                Err(error) => {
                    // Of a stream that took a part nobody knows what became of that.
                    let error = self.failed(&error);
                    tried += 1;
                    if self.written > 0 || tried >= most || Instant::now() >= deadline {
                        return Err(error);
                    }
                }
            }
        }
    }

    async fn try_send(&mut self, packet: &[u8]) -> io::Result<()> {
        let datagram = packet.strip_suffix(b"\n").unwrap_or(packet);
        match &mut self.socket {
            None => Err(io::ErrorKind::NotConnected.into()),
            Some(Socket::Udp(socket, address, fresh)) => {
                socket.send(datagram).await?;
                let refused = || socket.take_error().ok().flatten();
                if let Some(error) = refused() {
                    return Err(error);
                }
                if std::mem::take(fresh) && !address.ip().is_loopback() {
                    let word = timeout(WORD_OF_REFUSAL, socket.ready(Interest::ERROR)).await;
                    if word.is_ok()
                        && let Some(error) = refused()
                    {
                        return Err(error);
                    }
                }
                Ok(())
            }
            Some(Socket::Tcp(stream, _)) => {
                while let Some(rest) = packet.get(self.written..).filter(|rest| !rest.is_empty()) {
                    self.written += write(stream, rest, &mut self.stalled).await?;
                }
                Ok(())
            }
            #[cfg(unix)]
            Some(Socket::Uds(socket)) => socket.send(datagram).await.map(drop),
        }
    }

    /// Sees to it that there is a socket, and returns how many addresses there are to choose from.
    async fn connect(&mut self, deadline: Instant) -> io::Result<usize> {
        let left = deadline.saturating_duration_since(Instant::now());
        let (resolver, stream) = match &mut self.target {
            Target::Udp(resolver) => (resolver, false),
            Target::Tcp(resolver) => (resolver, true),
            #[cfg(unix)]
            Target::Uds(path) => {
                if self.socket.is_none() {
                    let socket = UnixDatagram::unbound()?;
                    socket.connect(&*path).map_err(|error| {
                        io::Error::new(error.kind(), format!("{}: {error}", path.display()))
                    })?;
                    self.socket = Some(Socket::Uds(socket));
                }
                return Ok(1);
            }
        };
        if self.socket.is_some() {
            return Ok(1);
        }
        let addresses = resolver.addresses(left).await?;
        let mut failure = io::Error::from(io::ErrorKind::NotConnected);
        for offset in 0..addresses.len() {
            let at = (self.address + offset) % addresses.len();
            let Some(address) = addresses.get(at).copied() else {
                continue;
            };
            let connected = if stream {
                timeout(CONNECT.min(left), TcpStream::connect(address))
                    .await
                    .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
                    .map(|stream| Socket::Tcp(stream, address))
            } else {
                datagram::connect(address)
                    .await
                    .map(|socket| Socket::Udp(socket, address, true))
            };
            match connected {
                Ok(socket) => {
                    if let Socket::Tcp(stream, _) = &socket {
                        // Packets are as large as they should be already; where this cannot be had they come later.
                        let _ = stream.set_nodelay(true);
                    }
                    self.address = at;
                    self.stalled = None;
                    self.socket = Some(socket);
                    return Ok(addresses.len());
                }
                Err(error) => failure = io::Error::new(error.kind(), format!("{address}: {error}")),
            }
        }
        resolver.doubt();
        Err(failure)
    }

    /// Lets the socket go after a failure, and says whose it was.
    fn failed(&mut self, error: &io::Error) -> io::Error {
        let address = match &self.socket {
            Some(Socket::Udp(_, address, _) | Socket::Tcp(_, address)) => address.to_string(),
            #[cfg(unix)]
            Some(Socket::Uds(_)) => match &self.target {
                Target::Uds(path) => path.display().to_string(),
                Target::Udp(_) | Target::Tcp(_) => String::new(),
            },
            None => String::new(),
        };
        // Another address may do better.
        self.address = self.address.wrapping_add(1);
        if let Target::Udp(resolver) | Target::Tcp(resolver) = &mut self.target {
            resolver.doubt();
        }
        self.close();
        io::Error::new(error.kind(), format!("{address}: {error}"))
    }

    fn close(&mut self) {
        self.socket = None;
        self.stalled = None;
    }
}

/// Writes a part of some bytes and returns how many. `stalled` is since when none were taken.
async fn write(
    stream: &TcpStream,
    bytes: &[u8],
    stalled: &mut Option<Instant>,
) -> io::Result<usize> {
    loop {
        match stream.try_write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                *stalled = None;
                return Ok(written);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let since = *stalled.get_or_insert_with(Instant::now);
                let left = STALLED.saturating_sub(since.elapsed());
                timeout(left, stream.writable())
                    .await
                    .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Whether the peer has closed a stream. Nothing that it says is of interest.
fn is_closed(stream: &TcpStream) -> bool {
    let mut ignored = [0; 256];
    loop {
        match stream.try_read(&mut ignored) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() != io::ErrorKind::WouldBlock,
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}
