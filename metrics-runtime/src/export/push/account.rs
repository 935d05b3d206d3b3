//! What became of what was recorded, for each exporter.
//!
//! Of every exporter, what was recorded is what was delivered, what is pending and what was dropped. The unit is one
//! *recording*: one unit of a counter of whole things, or one observation of a histogram. Gauges and counters of
//! reals, which have no such unit, and the library's own metrics, which change by the export itself, are left out.

use crate::declared::Declared;
use crate::descriptor::{Descriptor, Kind};
use crate::instrument::{Counter, Gauge};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

/// Exporters that are told apart.
const MAX_EXPORTERS: usize = 64;

static RECORDINGS: Declared<Counter> = Declared::reserved(&Descriptor::own(
    "metrics_export_recordings_total",
    "Recordings that an exporter delivered or dropped.",
    Kind::Counter,
    &["exporter", "result"],
    2 * MAX_EXPORTERS,
));

static PENDING: Declared<Gauge> = Declared::reserved(&Descriptor::own(
    "metrics_export_recordings_pending",
    "Recordings that an exporter read and has neither delivered nor dropped.",
    Kind::Gauge,
    &["exporter"],
    MAX_EXPORTERS,
));

static LAST_SUCCESS: Declared<Gauge> = Declared::reserved(&Descriptor::own(
    "metrics_export_last_success_timestamp_seconds",
    "When an exporter last delivered everything, in seconds since 1970.",
    Kind::Gauge,
    &["exporter"],
    MAX_EXPORTERS,
));

/// The account of one exporter. Exporters of one name, of different metrics, share the numbers: each adds its part.
#[derive(Debug)]
pub(crate) struct Account {
    exporter: Arc<str>,
    delivered: Counter,
    dropped: Counter,
    pending: Gauge,
    /// The part of the pending ones that is this exporter's.
    own_pending: AtomicU64,
    last_success: Gauge,
}

impl Account {
    pub(crate) fn new(exporter: &Arc<str>) -> Self {
        let name = &**exporter;
        Self {
            exporter: Arc::clone(exporter),
            delivered: RECORDINGS.with((name, "delivered")),
            dropped: RECORDINGS.with((name, "dropped")),
            pending: PENDING.with((name,)),
            own_pending: AtomicU64::new(0),
            last_success: LAST_SUCCESS.with((name,)),
        }
    }

    /// The exporter's name.
    pub(crate) fn exporter(&self) -> &str {
        &self.exporter
    }

    /// The peer has taken so many recordings.
    pub(crate) fn delivered(&self, recordings: u64) {
        self.delivered.inc_by_unasked(recordings);
    }

    /// So many recordings will never be delivered.
    pub(crate) fn dropped(&self, recordings: u64) {
        self.dropped.inc_by_unasked(recordings);
    }

    /// So many are to be delivered yet.
    pub(crate) fn pending(&self, recordings: u64) {
        // Relaxed: one worker writes it.
        let before = self.own_pending.swap(recordings, Relaxed);
        if recordings != before {
            let change = i128::from(recordings) - i128::from(before);
            self.pending.add_unasked(change);
        }
    }

    /// There will be no further export: what is pending now never will be delivered.
    pub(super) fn ended(&self) {
        self.dropped(self.own_pending.load(Relaxed));
        self.pending(0);
    }

    pub(super) fn succeeded(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        self.last_success
            .set(now.map_or(0.0, |now| now.as_secs_f64()));
    }
}
