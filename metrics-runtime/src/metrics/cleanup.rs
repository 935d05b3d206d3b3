//! The thread that removes idle series.

use crate::registry::Registry;
use crate::report;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// Looks in an interval: a series goes after one interval and at most a quarter of it.
const LOOKS: u32 = 4;

/// Keeps the thread going. Nothing is ever sent: the thread ends when this is dropped, and nobody waits for it.
#[derive(Debug)]
pub(super) struct Cleanup(#[expect(dead_code, reason = "dropped")] mpsc::Sender<Infallible>);

impl Cleanup {
    /// Removes series of this registry, and dynamic series of the process's declared metrics, that are idle for so long.
    pub(super) fn start(registry: &Arc<Registry>, idle: Duration) -> Option<Self> {
        let (sender, dropped) = mpsc::channel();
        let registry = Arc::downgrade(registry);
        let sweeps = move || {
            while let Err(RecvTimeoutError::Timeout) = dropped.recv_timeout(idle / LOOKS) {
                Registry::global().sweep(idle);
                if let Some(registry) = registry.upgrade() {
                    registry.sweep(idle);
                }
            }
        };
        let thread = std::thread::Builder::new().name("instrumetrics-cleanup".into());
        match thread.spawn(sweeps) {
            Ok(_) => Some(Self(sender)),
            Err(error) => {
                tracing::warn!(target: report::TARGET, %error, "idle series are not removed: no thread for it");
                None
            }
        }
    }
}

#[cfg(test)]
#[cfg(feature = "prometheus")]
mod random;
#[cfg(test)]
#[cfg(feature = "prometheus")]
mod tests;
