//! The Prometheus exporter.

mod collector;
mod config;
mod foreign;

pub use config::PrometheusConfig;

use crate::descriptor::Kind;
use crate::error::{ErrorCategory, Fault, MetricsError};
use crate::export::sources::{Sources, exposed_order};
use crate::export::text::{ConstantLabel, Format, Scratch, Style, negotiate, write_family};
use crate::family::Family;
use crate::recording::set_recording;
use crate::registry::Registry;
use crate::report;
use std::cmp::Ordering as Order;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// Exposes the metrics of this process to Prometheus.
///
/// Cheap to clone; clones share everything. Whatever else is registered in its
/// [`registry`](Self::registry) is exposed too.
///
/// ```
/// use instrumetrics_runtime::{Counter, Descriptor, Format, create_prometheus_exporter};
///
/// static BELLS: Counter = Counter::new(&Descriptor::counter("bells_total", "Bells rung."));
///
/// # fn main() -> Result<(), instrumetrics_runtime::MetricsError> {
/// let exporter = create_prometheus_exporter()?;
/// BELLS.inc();
/// assert!(exporter.encode(Format::Text).contains("\nbells_total 1\n"));
/// assert!(exporter.encode(Format::OpenMetrics).ends_with("# EOF\n"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PrometheusExporter {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    registry: prometheus::Registry,
    /// The metrics by name that go through this exporter.
    sources: Sources,
    prefix: Box<str>,
    constant: Box<[ConstantLabel]>,
    allow_removal: AtomicBool,
    /// The length of the last exposition: the next is made with room for as much.
    length: AtomicUsize,
    /// What the next scrape uses again. Never locked while anything is read.
    desk: Mutex<Desk>,
}

/// What a scrape works with.
#[derive(Debug, Default)]
struct Desk {
    families: Vec<Arc<Family>>,
    scratch: Scratch,
}

/// Creates an exporter and switches recording on.
///
/// # Errors
///
/// `registration_failed` if our collector cannot be registered in a fresh `prometheus::Registry`.
pub fn create_prometheus_exporter() -> Result<PrometheusExporter, MetricsError> {
    PrometheusExporter::with_config(&PrometheusConfig::default())
}

impl PrometheusExporter {
    /// Creates an exporter with these settings and switches recording on.
    ///
    /// # Errors
    ///
    /// `invalid_variable` for a namespace or label that breaks a rule, `conflict` for a constant label that a
    /// declared metric has already, `registration_failed` if our collector cannot be registered in a fresh
    /// `prometheus::Registry`.
    pub fn with_config(config: &PrometheusConfig) -> Result<Self, MetricsError> {
        let (prefix, constant) = config.checked()?;
        let registry = prometheus::Registry::new();
        let sources = Sources::new("prometheus");
        let ours = collector::Ours {
            sources: sources.clone(),
            prefix: prefix.clone(),
        };
        registry.register(Box::new(ours)).map_err(|error| {
            let fault = Fault::new(
                ErrorCategory::Export,
                "registration_failed",
                error.to_string(),
            );
            MetricsError::new("create_prometheus_exporter", "prometheus", fault, None)
        })?;
        set_recording(true);
        Ok(Self {
            shared: Arc::new(Shared {
                registry,
                sources,
                prefix,
                constant,
                allow_removal: AtomicBool::new(config.allow_metric_removal),
                length: AtomicUsize::new(0),
                desk: Mutex::default(),
            }),
        })
    }

    /// All metrics in a text format.
    #[must_use]
    pub fn encode(&self, format: Format) -> String {
        // Relaxed: a hint.
        let mut out = String::with_capacity(self.shared.length.load(Relaxed));
        self.encode_into(&mut out, format);
        self.shared
            .length
            .store(out.len() + out.len() / 16, Relaxed);
        out
    }

    /// Appends all metrics in a text format: with a buffer that is used again, nothing is allocated once
    /// it is large enough, foreign collectors aside.
    pub fn encode_into(&self, out: &mut String, format: Format) {
        let Shared {
            registry,
            sources,
            prefix,
            constant,
            ..
        } = &*self.shared;
        let style = Style {
            format,
            prefix,
            constant,
        };
        // The foreign ones first: a collector's code may register metrics of ours.
        let foreign = collector::without_ours(|| registry.gather());
        // Not waited for: who scrapes at the same time allocates anew.
        let kept = self.shared.desk.try_lock();
        let mut desk = kept.map_or_else(|_| Desk::default(), |mut desk| std::mem::take(&mut *desk));
        let Desk { families, scratch } = &mut desk;
        sources.families_into(families, prefix);
        let mut ours = families.iter().peekable();
        for family in &foreign {
            if foreign::exposed_names(family).any(|name| sources.claims(prefix, &name)) {
                report::export("prometheus", "collision", family.name());
                continue;
            }
            let before = |ours: &Arc<Family>| exposed_order(prefix, ours, family.name());
            while let Some(ours) = ours.next_if(|ours| before(ours) == Order::Less) {
                write_family(out, ours, style, scratch);
            }
            foreign::write(out, family, format);
        }
        for family in ours {
            write_family(out, family, style, scratch);
        }
        // Kept are the allocations, not the families.
        families.clear();
        if let Ok(mut kept) = self.shared.desk.try_lock() {
            *kept = desk;
        }
        if format == Format::OpenMetrics {
            out.push_str("# EOF\n");
        }
    }

    /// All metrics in the format that an `Accept` header asks for, with the `Content-Type` to answer.
    ///
    /// The supported format with the highest quality wins; where none fits it is text 0.0.4.
    #[must_use]
    pub fn encode_for(&self, accept: &str) -> (&'static str, Vec<u8>) {
        let format = negotiate(accept);
        (format.content_type(), self.encode(format).into_bytes())
    }

    /// How many metrics by name go through this exporter.
    #[must_use]
    pub fn metric_count(&self) -> usize {
        self.shared.sources.len()
    }

    /// Whether metrics by name may be removed.
    #[must_use]
    pub fn is_metric_removal_allowed(&self) -> bool {
        self.shared.allow_removal.load(Relaxed)
    }

    /// Allows or forbids the removal of metrics by name.
    pub fn set_allow_metric_removal(&self, allow: bool) {
        self.shared.allow_removal.store(allow, Relaxed);
    }

    /// Removes a counter by name with all its series. Handles on it go on recording, unseen.
    ///
    /// # Errors
    ///
    /// `rejected` when removal is not allowed or there is no such metric (a declared one cannot be removed),
    /// `type_conflict` when it is not a counter.
    #[expect(
        clippy::unused_async,
        reason = "management is async, as operations are"
    )]
    pub async fn remove_counter(&self, name: &str) -> Result<(), MetricsError> {
        self.remove("remove_counter", Kind::Counter, name)
    }

    /// Removes a gauge by name; see [`remove_counter`](Self::remove_counter).
    ///
    /// # Errors
    ///
    /// As there.
    #[expect(
        clippy::unused_async,
        reason = "management is async, as operations are"
    )]
    pub async fn remove_gauge(&self, name: &str) -> Result<(), MetricsError> {
        self.remove("remove_gauge", Kind::Gauge, name)
    }

    /// Removes a histogram by name; see [`remove_counter`](Self::remove_counter).
    ///
    /// # Errors
    ///
    /// As there.
    #[expect(
        clippy::unused_async,
        reason = "management is async, as operations are"
    )]
    pub async fn remove_histogram(&self, name: &str) -> Result<(), MetricsError> {
        self.remove("remove_histogram", Kind::Histogram, name)
    }

    fn remove(&self, operation: &'static str, kind: Kind, name: &str) -> Result<(), MetricsError> {
        let removed = if self.is_metric_removal_allowed() {
            self.shared.sources.remove(kind, name)
        } else {
            Err(Fault::new(
                ErrorCategory::Export,
                "rejected",
                "the removal of metrics is not allowed",
            ))
        };
        removed.map_err(|fault| MetricsError::new(operation, name, fault, None))
    }

    /// Exposes metrics by name too.
    pub(crate) fn attach(&self, registry: &Arc<Registry>) {
        self.shared.sources.attach(registry);
    }

    /// The registry of the `prometheus` crate in which our metrics are a collector.
    ///
    /// Whatever is registered here is exposed beside them, unless one of our metrics has its name: then
    /// it is left out, logged, and counted in `metrics_export_errors_total`. `gather()` sees everything of
    /// ours, as `f64`, so counters beyond 2^53 are inexact there.
    #[must_use]
    pub fn registry(&self) -> &prometheus::Registry {
        &self.shared.registry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scrape_leaves_its_allocations_to_the_next_and_keeps_no_family() {
        let exporter = create_prometheus_exporter().unwrap();
        let metrics = crate::Metrics::builder().exporter(exporter.clone()).build();
        drop(metrics.increment("kept_total", &[]));
        let text = exporter.encode(Format::Text);
        assert!(text.contains("\nkept_total 1\n"));
        let desk = exporter.shared.desk.lock().unwrap();
        assert!(desk.families.capacity() > 0);
        assert_eq!(desk.families.len(), 0);
        // Who cannot have the desk writes the same.
        assert!(exporter.encode(Format::Text).contains("\nkept_total 1\n"));
        drop(desk);
    }
}
