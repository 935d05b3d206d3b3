//! What went wrong while recording: counted, and logged at most once a minute and kind.
//!
//! Nothing here fails the caller. The families that hold these counts stand outside the process's cap and
//! are bounded by one of their own.

use crate::declared::Declared;
use crate::descriptor::{Descriptor, Kind};
use crate::error::{ErrorCategory, Fault, MetricsError};
use crate::instrument::Counter;
use crate::metrics::MetricsErrorConfig;
use std::collections::BTreeMap;
#[cfg(any(feature = "prometheus", feature = "push"))]
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// The target of every line this library logs.
pub(crate) const TARGET: &str = "instrumetrics";

/// Series of one error counter.
const MAX_ERROR_SERIES: usize = 256;

static VALIDATION_ERRORS: Declared<Counter> = Declared::reserved(&Descriptor::own(
    "metrics_validation_errors_total",
    "Operations that broke a rule.",
    Kind::Counter,
    &["metric_name", "operation", "error_type"],
    MAX_ERROR_SERIES,
));

static RESOURCE_ERRORS: Declared<Counter> = Declared::reserved(&Descriptor::own(
    "metrics_resource_errors_total",
    "Recordings that met a limit.",
    Kind::Counter,
    &["operation", "error_type"],
    MAX_ERROR_SERIES,
));

static CONFIG_ERRORS: Declared<Counter> = Declared::reserved(&Descriptor::own(
    "metrics_config_errors_total",
    "Declarations and settings that contradict each other.",
    Kind::Counter,
    &["error_type"],
    MAX_ERROR_SERIES,
));

static EXPORT_ERRORS: Declared<Counter> = Declared::reserved(&Descriptor::own(
    "metrics_export_errors_total",
    "What an exporter could not write.",
    Kind::Counter,
    &["exporter", "error_type"],
    MAX_ERROR_SERIES,
));

/// Counts an error of an operation by name.
#[cold]
pub(crate) fn count(operation: &str, metric: &str, fault: &Fault) {
    let error_type = fault.error_type;
    match fault.category {
        ErrorCategory::Validation => VALIDATION_ERRORS
            .with((metric, operation, error_type))
            .inc_unasked(),
        ErrorCategory::Resource => RESOURCE_ERRORS.with((operation, error_type)).inc_unasked(),
        ErrorCategory::Export => EXPORT_ERRORS.with((metric, error_type)).inc_unasked(),
        ErrorCategory::Config => CONFIG_ERRORS.with((error_type,)).inc_unasked(),
    }
}

/// Logs an error of an operation by name, at most once a minute and type.
#[cold]
pub(crate) fn log(error: &MetricsError, config: &MetricsErrorConfig) {
    let wanted = match error.category() {
        ErrorCategory::Validation => config.log_validation_errors,
        ErrorCategory::Resource => config.log_resource_errors,
        ErrorCategory::Export => config.log_export_errors,
        ErrorCategory::Config => config.log_config_errors,
    };
    if wanted && let Some(held_back) = throttle_of("", error.error_type()).pass() {
        log_at_level(error, config, held_back);
    }
}

/// Counts an export that failed, and logs it at most once a minute, exporter and type.
#[cfg(feature = "push")]
#[cold]
pub(crate) fn export_failed(exporter: &str, error: &MetricsError, config: &MetricsErrorConfig) {
    EXPORT_ERRORS
        .with((exporter, error.error_type()))
        .inc_unasked();
    if config.log_export_errors
        && let Some(held_back) = throttle_of(exporter, error.error_type()).pass()
    {
        log_at_level(error, config, held_back);
    }
}

fn log_at_level(error: &MetricsError, config: &MetricsErrorConfig, held_back: u64) {
    match &*config.error_log_level {
        "error" => tracing::error!(target: TARGET, held_back, "{error}"),
        "info" => tracing::info!(target: TARGET, held_back, "{error}"),
        "debug" => tracing::debug!(target: TARGET, held_back, "{error}"),
        "trace" => tracing::trace!(target: TARGET, held_back, "{error}"),
        _ => tracing::warn!(target: TARGET, held_back, "{error}"),
    }
}

/// Throttles that are kept apart; beyond that exporters share one for each error type.
const MAX_THROTTLES: usize = 256;

/// The throttle of an error type, of which there is a fixed list, for an exporter if it is one's.
fn throttle_of(exporter: &str, error_type: &'static str) -> Arc<Throttle> {
    type Throttles = BTreeMap<(String, &'static str), Arc<Throttle>>;
    static THROTTLES: Mutex<Throttles> = Mutex::new(BTreeMap::new());
    let mut throttles = THROTTLES.lock().unwrap_or_else(PoisonError::into_inner);
    let mut key = (exporter.to_owned(), error_type);
    if throttles.len() >= MAX_THROTTLES && !throttles.contains_key(&key) {
        key.0.clear();
    }
    let throttle = throttles
        .entry(key)
        .or_insert_with(|| Arc::new(Throttle::new()));
    Arc::clone(throttle)
}

/// A kind of recording that was changed or refused.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refusal {
    /// A negative, fractional or not finite amount where it may not be: not recorded.
    InvalidValue,
    /// A new label combination over the cap: recorded in the overflow series.
    LabelCombinations,
    /// A label value over the length limit: recorded under the value cut short.
    ValueTruncated,
}

static INVALID_VALUE: Throttle = Throttle::new();
static LABEL_COMBINATIONS: Throttle = Throttle::new();
static VALUE_TRUNCATED: Throttle = Throttle::new();
#[cfg(any(feature = "prometheus", feature = "push"))]
static EXPORT: Throttle = Throttle::new();

/// Counts and logs a recording that was changed or refused.
#[cold]
pub(crate) fn refused(refusal: Refusal, metric: &str) {
    match refusal {
        Refusal::InvalidValue => {
            VALIDATION_ERRORS
                .with((metric, "record", "invalid_value"))
                .inc_unasked();
            if let Some(held_back) = INVALID_VALUE.pass() {
                tracing::warn!(target: TARGET, metric, held_back, "refused a value that is negative, fractional or not finite");
            }
        }
        Refusal::LabelCombinations => {
            RESOURCE_ERRORS
                .with(("record", "label_combinations"))
                .inc_unasked();
            if let Some(held_back) = LABEL_COMBINATIONS.pass() {
                tracing::warn!(target: TARGET, metric, held_back, "no room for another label combination: recorded in the overflow series");
            }
        }
        Refusal::ValueTruncated => {
            RESOURCE_ERRORS
                .with(("record", "value_truncated"))
                .inc_unasked();
            if let Some(held_back) = VALUE_TRUNCATED.pass() {
                tracing::warn!(target: TARGET, metric, held_back, "cut a label value that is too long");
            }
        }
    }
}

/// Counts and logs a declaration that contradicts an earlier one. Each is logged: their number is bounded
/// by the code.
#[cold]
pub(crate) fn conflict(conflict: &crate::registry::Conflict) {
    CONFIG_ERRORS.with(("conflict",)).inc_unasked();
    tracing::warn!(target: TARGET, "{conflict}");
}

/// The names of exporters whose failures are not to be logged; those of one name share it, as they share their counts.
#[cfg(any(feature = "prometheus", feature = "push"))]
static QUIET: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Whether failures of the exporters of this name are logged from now on.
#[cfg(any(feature = "prometheus", feature = "push"))]
pub(crate) fn log_exports_of(exporter: &str, config: &MetricsErrorConfig) {
    let mut quiet = QUIET.lock().unwrap_or_else(PoisonError::into_inner);
    if config.log_export_errors {
        quiet.remove(exporter);
    } else {
        quiet.insert(exporter.to_owned());
    }
}

#[cfg(any(feature = "prometheus", feature = "push"))]
pub(crate) fn is_quiet(exporter: &str) -> bool {
    let quiet = QUIET.lock().unwrap_or_else(PoisonError::into_inner);
    quiet.contains(exporter)
}

/// Counts a family that an exporter left out, and logs it unless that is switched off.
#[cfg(any(feature = "prometheus", feature = "push"))]
#[cold]
pub(crate) fn export(exporter: &str, error_type: &str, metric: &str) {
    EXPORT_ERRORS.with((exporter, error_type)).inc_unasked();
    if is_quiet(exporter) {
        return;
    }
    if let Some(held_back) = EXPORT.pass() {
        tracing::warn!(target: TARGET, exporter, error_type, metric, held_back, "left a metric out");
    }
}

/// Logs what a peer has to say about what it took.
#[cfg(feature = "otlp")]
#[cold]
pub(crate) fn export_remark(exporter: &str, remark: &str) {
    if let Some(held_back) = throttle_of(exporter, "remark").pass() {
        tracing::warn!(target: TARGET, exporter, held_back, "the peer took it, and says: {remark}");
    }
}

/// Lets one line a minute pass and counts the others.
struct Throttle {
    next: AtomicU64,
    held_back: AtomicU64,
}

impl Throttle {
    const fn new() -> Self {
        Self {
            next: AtomicU64::new(0),
            held_back: AtomicU64::new(0),
        }
    }

    /// How many lines were held back since the last one, if this one may pass.
    fn pass(&self) -> Option<u64> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        self.pass_at(now)
    }

    fn pass_at(&self, now: u64) -> Option<u64> {
        let next = self.next.load(Relaxed);
        // A clock set back by more than a minute opens the gate too. Relaxed: one winner a minute is all.
        let open = now >= next || now + 60 < next;
        if open
            && self
                .next
                .compare_exchange(next, now + 60, Relaxed, Relaxed)
                .is_ok()
        {
            Some(self.held_back.swap(0, Relaxed))
        } else {
            self.held_back.fetch_add(1, Relaxed);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_minute_says_how_many_were_held_back() {
        let throttle = Throttle::new();
        assert_eq!(throttle.pass_at(1000), Some(0));
        assert_eq!(throttle.pass_at(1001), None);
        assert_eq!(throttle.pass_at(1059), None);
        assert_eq!(throttle.pass_at(1060), Some(2));
        // The clock was set back by an hour.
        assert_eq!(throttle.pass_at(1), Some(0));
    }
}
