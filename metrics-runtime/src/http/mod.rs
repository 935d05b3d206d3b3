//! The built-in scrape server.
//!
//! It runs on a thread of its own, so that it answers when the application's runtime is busy or when there
//! is none. It answers `GET` and `HEAD` of `/metrics`, in the format that `Accept` asks for, compressed
//! when that is accepted. It may ask for a login ([`ServerOptions`]), but speaks no TLS: bind it to the loopback
//! address, or to one that only your scraper reaches.

mod connection;
mod response;

use crate::export::PrometheusExporter;
use crate::report;
use response::Page;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// Where the server listens unless told otherwise: the loopback address, port 9464.
pub const DEFAULT_ADDRESS: &str = "127.0.0.1:9464";

/// The path at which the metrics are unless told otherwise.
pub const DEFAULT_PATH: &str = "/metrics";

/// What a scrape server may be told beside its address.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerOptions {
    /// The path of the metrics.
    pub path: String,
    /// Scrapers must send this as `Authorization: Bearer ..`.
    pub bearer_token: Option<String>,
    /// Or this, `user:password`, as `Authorization: Basic ..`.
    pub basic_auth: Option<String>,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            path: DEFAULT_PATH.to_owned(),
            bearer_token: None,
            basic_auth: None,
        }
    }
}

impl fmt::Debug for ServerOptions {
    /// Without the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerOptions")
            .field("path", &self.path)
            .field("bearer_token", &self.bearer_token.as_ref().map(|_| "***"))
            .field("basic_auth", &self.basic_auth.as_ref().map(|_| "***"))
            .finish()
    }
}

/// How long `accept` waits after it failed, when files are exhausted for instance.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A running scrape server; it stops when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    stopped: oneshot::Receiver<()>,
}

/// Serves an exporter's metrics at `/metrics`.
///
/// The address is bound before this returns; port 0 takes a free one.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let exporter = instrumetrics_runtime::create_prometheus_exporter()?;
/// let server = instrumetrics_runtime::http::serve("127.0.0.1:0", exporter)?;
/// println!("scrape http://{}/metrics", server.local_addr());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// When the address cannot be resolved or bound, or the thread cannot be started.
pub fn serve(address: impl ToSocketAddrs, exporter: PrometheusExporter) -> io::Result<Server> {
    serve_with(address, exporter, &ServerOptions::default())
}

/// As [`serve`], with a path and a login.
///
/// # Errors
///
/// As there.
pub fn serve_with(
    address: impl ToSocketAddrs,
    exporter: PrometheusExporter,
    options: &ServerOptions,
) -> io::Result<Server> {
    let page = Page::new(exporter, options);
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?;
    let (stop, stopping) = watch::channel(false);
    let (done, stopped) = oneshot::channel();
    std::thread::Builder::new()
        .name("instrumetrics-http".into())
        .spawn(move || {
            runtime.block_on(accept(listener, page, stopping));
            // Nobody may be waiting.
            let _ = done.send(());
        })?;
    Ok(Server {
        address,
        stop,
        stopped,
    })
}

impl Server {
    /// Where it listens.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening, lets scrapes under way finish (for a second at most), and returns.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        // An error means that the thread is gone, which is what was asked for.
        let _ = self.stopped.await;
    }

    /// As [`shutdown`](Self::shutdown), and whether that was done in time. The time is taken on a thread of its
    /// own, since there may be no timer in the caller's runtime.
    pub(crate) async fn shutdown_within(self, within: Duration) -> bool {
        let (expire, expired) = oneshot::channel::<()>();
        // Without the thread there is no limit but the server's own, of a second.
        let timer = std::thread::Builder::new()
            .name("instrumetrics-timer".into())
            .spawn(move || {
                std::thread::sleep(within);
                let _ = expire.send(());
            });
        let unlimited = timer.is_err();
        tokio::select! {
            () = self.shutdown() => true,
            _ = expired, if !unlimited => false,
        }
    }
}

async fn accept(listener: TcpListener, page: Page, mut stopping: watch::Receiver<bool>) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::warn!(target: report::TARGET, %error, "the scrape server cannot listen");
            return;
        }
    };
    let mut connections = connection::Connections::new(page);
    loop {
        // A place first: beyond the limit, clients wait in the listener's queue.
        let next = async {
            let place = connections.place().await?;
            Some((place, listener.accept().await))
        };
        let next = tokio::select! {
            next = next => next,
            // An error means that the server was dropped.
            _ = stopping.wait_for(|stop| *stop) => break,
        };
        match next {
            Some((place, Ok((stream, _)))) => connections.spawn(place, stream),
            // Out of files, perhaps: they may be back in a moment.
            Some((_, Err(_))) => tokio::time::sleep(ACCEPT_PAUSE).await,
            None => break,
        }
    }
    drop(listener);
    connections.finish().await;
}
