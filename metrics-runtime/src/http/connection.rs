//! Connections: few, short, and cut off when they dawdle.

use super::response::Page;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

/// Connections at a time; further ones wait in the listener's queue.
const MAX_CONNECTIONS: usize = 64;
/// A client has this long to send its request headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// With so many connections open, further clients have less time, or silent ones would keep out those who ask.
const CROWD: usize = MAX_CONNECTIONS / 4;
/// And so much they have then.
const HEADER_TIMEOUT_IN_CROWD: Duration = Duration::from_millis(500);
/// And a connection, its answers included, this long in all.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of headers that are read.
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// What is under way when the server stops has this long to finish.
const GRACE: Duration = Duration::from_secs(1);

pub(super) struct Connections {
    page: Arc<Page>,
    places: Arc<Semaphore>,
    tasks: JoinSet<()>,
}

impl Connections {
    pub(super) fn new(page: Page) -> Self {
        Self {
            page: Arc::new(page),
            places: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
            tasks: JoinSet::new(),
        }
    }

    /// A place for one more connection, once there is one. `None` never happens: nobody closes the
    /// semaphore.
    pub(super) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    /// Serves a connection in a task of its own.
    pub(super) fn spawn(&mut self, place: OwnedSemaphorePermit, stream: TcpStream) {
        let page = Arc::clone(&self.page);
        while self.tasks.try_join_next().is_some() {}
        let header_timeout = if self.tasks.len() < CROWD {
            HEADER_TIMEOUT
        } else {
            HEADER_TIMEOUT_IN_CROWD
        };
        self.tasks.spawn(async move {
            let service = service_fn(|request| {
                let response = page.respond(&request);
                async { Ok::<_, Infallible>(response) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(header_timeout)
                .max_buf_size(MAX_HEADER_BYTES)
                .serve_connection(TokioIo::new(stream), service);
            // What a client does wrong, or that it was too slow, is not our user's concern.
            let _ = tokio::time::timeout(CONNECTION_TIMEOUT, connection).await;
            drop(place);
        });
    }

    /// Waits for what is under way, then cuts it off.
    pub(super) async fn finish(self) {
        let mut tasks = self.tasks;
        let all = async { while tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(GRACE, all).await;
    }
}
