//! An exporter, and the socket that it sends to.

use super::grammar::{Dialect, Server};
use instrumetrics::{Metrics, StatsdConfig, StatsdDialect, StatsdExporter, StatsdTransport};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::Duration;

/// Runs a future of the library's to its end. None of them needs a runtime.
pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

/// A socket to send to, which unlike one of UDP loses nothing where this machine is slow, and an exporter that sends nowhere else, and only when it is asked to.
pub(crate) struct Rig {
    socket: UnixDatagram,
    path: PathBuf,
    pub(crate) metrics: Metrics,
    dialect: Dialect,
    pub(crate) server: Server,
    pub(crate) packets: Vec<String>,
}

impl Rig {
    pub(crate) fn new(change: impl FnOnce(&mut StatsdConfig)) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "instrumetrics-rig-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, SeqCst)
        );
        let path = std::env::temp_dir().join(name);
        let socket = UnixDatagram::bind(&path).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_millis(40)))
            .unwrap();
        let mut config = StatsdConfig {
            transport: StatsdTransport::Uds,
            socket: Some(path.clone()),
            interval: Duration::from_secs(3600),
            ..StatsdConfig::default()
        };
        change(&mut config);
        let dialect = match config.dialect {
            StatsdDialect::Plain => Dialect::Plain,
            StatsdDialect::DogStatsd => Dialect::Dog,
            StatsdDialect::Graphite => Dialect::Graphite,
            StatsdDialect::Influx => Dialect::Influx,
        };
        Self {
            socket,
            path,
            metrics: Metrics::new(StatsdExporter::with_config(&config).unwrap()),
            dialect,
            server: Server::default(),
            packets: Vec::new(),
        }
    }

    /// Exports, reads what arrived meanwhile, and returns the lines that begin so.
    pub(crate) fn flush(&mut self, prefix: &str) -> Vec<String> {
        let exported = Arc::new(AtomicBool::new(false));
        let reader = {
            let socket = self.socket.try_clone().unwrap();
            let exported = Arc::clone(&exported);
            std::thread::spawn(move || {
                let mut packets = Vec::new();
                let mut buffer = vec![0; 70_000];
                loop {
                    // Looked at first: what was sent before is there already.
                    let last = exported.load(SeqCst);
                    while let Ok(length) = socket.recv(&mut buffer) {
                        packets.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
                    }
                    if last {
                        return packets;
                    }
                }
            })
        };
        wait(self.metrics.export()).unwrap();
        exported.store(true, SeqCst);
        let packets = reader.join().unwrap();
        for packet in &packets {
            self.server.packet(packet, self.dialect);
        }
        let lines = packets.iter().flat_map(|packet| packet.split('\n'));
        let lines = lines.filter(|line| line.starts_with(prefix));
        let lines = lines.map(str::to_owned).collect();
        self.packets.extend(packets);
        lines
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        // It is in the folder for temporary files.
        let _ = std::fs::remove_file(&self.path);
    }
}
