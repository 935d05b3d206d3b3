//! Looks a peer up anew for each export, and remembers the last answer for when there is none.

use super::{Failure, Round};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How long a look-up may take before the last answer is used.
const PATIENCE: Duration = Duration::from_secs(2);

/// The addresses of a peer.
#[derive(Debug)]
pub(crate) struct Resolver {
    host: String,
    port: u16,
    known: Vec<SocketAddr>,
    /// A look-up that took too long; it is asked again before there is another, so that they do not pile up.
    under_way: Option<JoinHandle<io::Result<Vec<SocketAddr>>>>,
}

impl Resolver {
    pub(crate) const fn new(host: String, port: u16) -> Self {
        Self {
            host,
            port,
            known: Vec::new(),
            under_way: None,
        }
    }

    /// The peer's addresses now, or the last that were found.
    ///
    /// # Errors
    ///
    /// `io` or `timeout` when none was ever found.
    pub(crate) async fn addresses(&mut self, round: &Round<'_>) -> Result<&[SocketAddr], Failure> {
        let mut look_up = self.under_way.take().unwrap_or_else(|| {
            let (host, port) = (self.host.clone(), self.port);
            tokio::task::spawn_blocking(move || Ok((&*host, port).to_socket_addrs()?.collect()))
        });
        let patience = PATIENCE.min(round.left() / 2);
        let failure = match tokio::time::timeout(patience, &mut look_up).await {
            Ok(Ok(Ok(found))) if !found.is_empty() => {
                self.known = found;
                return Ok(&self.known);
            }
            Ok(Ok(Err(error))) => self.failure("io", &error.to_string()),
            Ok(_) => self.failure("io", "no address"),
            Err(_) => {
                self.under_way = Some(look_up);
                self.failure("timeout", "no answer in time")
            }
        };
        if self.known.is_empty() {
            Err(failure)
        } else {
            Ok(&self.known)
        }
    }

    fn failure(&self, error_type: &'static str, reason: &str) -> Failure {
        Failure::new(error_type, format!("looking up `{}`: {reason}", self.host))
    }
}
