//! Sends lines to Graphite: a connection for each export, up to the end that both sides say.

use super::encode::Encoder;
use crate::export::push::resolve::Resolver;
use crate::export::push::{Baseline, Boxed, Failure, Push, Round};
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;

/// How long a peer's word that it had closed before our end reached it may be on its way.
const AFTERWARDS: Duration = Duration::from_millis(50);

/// Bytes that are read of what the peer says, which is nothing that we would understand.
const READ: usize = 1024;

/// What the worker of the exporter does.
pub(super) struct Graphite {
    resolver: Resolver,
    encoder: Encoder,
    baseline: Baseline,
}

impl Graphite {
    pub(super) fn new(host: &str, port: u16, encoder: Encoder) -> Self {
        Self {
            resolver: Resolver::new(host, port),
            encoder,
            baseline: Baseline::default(),
        }
    }
}

impl Push for Graphite {
    fn push<'a>(&'a mut self, round: &'a Round<'a>) -> Boxed<'a, Result<(), Failure>> {
        Box::pin(async move {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            self.baseline.read(round.sources);
            let seconds = now.unwrap_or_default().as_secs();
            self.encoder.encode(&self.baseline, seconds);
            let left_out = self.encoder.left_out.drain(..);
            self.baseline.leave_out(left_out, round.account);
            round.account.pending(self.baseline.pending());
            let stream = connect(&mut self.resolver, round).await?;
            write(&stream, self.encoder.text.as_bytes()).await?;
            finish(stream, round).await?;
            self.baseline.deliver_all_in(round.account);
            Ok(())
        })
    }
}

/// A connection to the first address that takes it; each gets its share of the time that is left.
async fn connect(resolver: &mut Resolver, round: &Round<'_>) -> Result<TcpStream, Failure> {
    let addresses = resolver.addresses(round.left()).await;
    let addresses = addresses.map_err(|error| Failure::io(&error))?;
    let mut failure = Failure::new("io", "no address");
    for (place, address) in (0..).zip(addresses) {
        let others = u32::try_from(addresses.len()).unwrap_or(u32::MAX) - place;
        let patience = round.left() / others.max(2);
        match tokio::time::timeout(patience, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failure = named(address, &error),
            Err(_) => {
                failure = Failure::new("timeout", format!("{address} does not take a connection"));
            }
        }
    }
    resolver.doubt();
    Err(failure)
}

fn named(address: &SocketAddr, error: &io::Error) -> Failure {
    Failure::io(&io::Error::new(error.kind(), format!("{address}: {error}")))
}

async fn write(stream: &TcpStream, mut bytes: &[u8]) -> Result<(), Failure> {
    while !bytes.is_empty() {
        stream.writable().await.map_err(|error| broken(&error))?;
        match stream.try_write(bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(broken(&error)),
        }
    }
    Ok(())
}

/// Says that this was all, and waits until the peer does too: then it has read everything. Closing with something
/// unread, or before it arrived, breaks the connection.
async fn finish(mut stream: TcpStream, round: &Round<'_>) -> Result<(), Failure> {
    let mut said = [0; READ];
    if matches!(stream.try_read(&mut said), Ok(0)) {
        return Err(broken(&io::ErrorKind::ConnectionAborted.into()));
    }
    poll_fn(|context| Pin::new(&mut stream).poll_shutdown(context))
        .await
        .map_err(|error| broken(&error))?;
    let ended = async {
        loop {
            stream.readable().await?;
            match stream.try_read(&mut said) {
                Ok(0) => {
                    tokio::time::sleep(AFTERWARDS).await;
                    return stream.take_error()?.map_or(Ok(()), Err);
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    };
    // A little earlier than the export is cut off, so that it can be said why.
    let patience = round.left().saturating_sub(Duration::from_millis(50));
    match tokio::time::timeout(patience, ended).await {
        Ok(ended) => ended.map_err(|error| broken(&error)),
        Err(_) => Err(Failure::new(
            "timeout",
            "the peer did not read everything and close the connection in time",
        )),
    }
}

fn broken(error: &io::Error) -> Failure {
    let reason = format!("{error}; how much arrived is not known, everything is sent again");
    Failure::io(&io::Error::new(error.kind(), reason))
}
