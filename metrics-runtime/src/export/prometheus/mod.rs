//! The Prometheus exporter.

mod collector;
mod foreign;
mod named;

use crate::error::{ErrorCategory, Fault, MetricsError};
use crate::export::text::{Format, negotiate, write_family};
use crate::family::Family;
use crate::recording::set_recording;
use crate::registry::Registry;
use crate::report;
use named::Named;
use std::cmp::Ordering as Order;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

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
    named: Named,
    /// The length of the last exposition: the next is made with room for as much.
    length: AtomicUsize,
}

/// Creates an exporter and switches recording on.
///
/// # Errors
///
/// `registration_failed` if our collector cannot be registered in a fresh `prometheus::Registry`.
pub fn create_prometheus_exporter() -> Result<PrometheusExporter, MetricsError> {
    let registry = prometheus::Registry::new();
    let named = Named::default();
    registry
        .register(Box::new(collector::Ours(named.clone())))
        .map_err(|error| {
            let fault = Fault::new(
                ErrorCategory::Export,
                "registration_failed",
                error.to_string(),
            );
            MetricsError::new("create_prometheus_exporter", "prometheus", fault, None)
        })?;
    set_recording(true);
    Ok(PrometheusExporter {
        shared: Arc::new(Shared {
            registry,
            named,
            length: AtomicUsize::new(0),
        }),
    })
}

impl PrometheusExporter {
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
        // The foreign ones first: a collector's code may register metrics of ours.
        let foreign = collector::without_ours(|| self.shared.registry.gather());
        let ours = self.shared.named.families();
        let mut ours = ours.iter().peekable();
        for family in &foreign {
            if foreign::exposed_names(family).any(|name| self.shared.named.claims(&name)) {
                report::export("prometheus", "collision", family.name());
                continue;
            }
            while let Some(before) = ours.next_if(|ours| by_name(ours, family) == Order::Less) {
                write_family(out, before, format);
            }
            foreign::write(out, family, format);
        }
        for family in ours {
            write_family(out, family, format);
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
        self.shared.named.len()
    }

    /// Exposes metrics by name too.
    pub(crate) fn attach(&self, registry: &Arc<Registry>) {
        self.shared.named.attach(registry);
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

fn by_name(ours: &Family, foreign: &prometheus::proto::MetricFamily) -> Order {
    (*ours.definition.name).cmp(foreign.name())
}
