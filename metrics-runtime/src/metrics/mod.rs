//! Metrics by name, for names that are known only at run time.

#[cfg(feature = "push")]
mod attached;
mod builder;
mod cleanup;
mod collector;
mod config;
mod exporter;
mod factories;
mod lookup;
mod operations;
mod rate;
#[cfg(feature = "push")]
mod register;

pub use builder::MetricsBuilder;
pub use collector::{MetricsCollector, MetricsCollectorExt, Operation, Recorded};
pub use config::{MetricsErrorConfig, MetricsResourceConfig, MonitoringConfig};
pub use exporter::AttachExporter;
#[cfg(feature = "push")]
pub use exporter::{ExportError, Exporter};
#[cfg(feature = "prometheus")]
pub use factories::create_metrics_with_prometheus_exporter;
pub use factories::{
    create_metrics_from_env, create_metrics_with_error_propagation, create_metrics_with_limits,
    create_metrics_with_null_exporter, create_metrics_with_statsd_exporter,
};

#[cfg(feature = "push")]
pub use register::{Exported, RegisterExporter};

#[cfg(any(feature = "http", feature = "push"))]
use crate::error::ErrorCategory;
use crate::error::{Fault, MetricsError};
#[cfg(feature = "prometheus")]
use crate::export::PrometheusExporter;
use crate::family::{GaugeNumbers, Member, Series};
#[cfg(feature = "http")]
use crate::http::Server;
use crate::instrument::{Counter, Gauge, Histogram, observe_named};
use crate::number::{Amount, Number};
use crate::recording::{State, recording};
use crate::registry::Registry;
use crate::report;
use crate::snapshot::{self, Snapshot};
use exporter::{Kind as ExporterKind, Part};
use instrumetrics_grammar::Kind;
pub(crate) use lookup::detached;
use lookup::{Numbers, Wanted};
use std::future::ready;
#[cfg(feature = "http")]
use std::net::SocketAddr;
use std::sync::Arc;
#[cfg(feature = "prometheus")]
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
#[cfg(feature = "http")]
use std::sync::{Mutex, PoisonError};
#[cfg(any(feature = "http", feature = "push"))]
use std::time::{Duration, Instant};

/// Metrics by name: cheap to clone, clones share everything.
///
/// An operation takes effect at the call; the future it returns is ready at once and only carries the
/// result. Nothing here waits, does I/O or panics. A name that a `#[metrics]` module declares reaches the
/// declared metric, if kind and labels agree.
///
/// ```
/// # #[cfg(feature = "prometheus")] {
/// use instrumetrics_runtime::{Metrics, create_metrics_with_prometheus_exporter};
///
/// # async fn example() -> Result<(), instrumetrics_runtime::MetricsError> {
/// let metrics = create_metrics_with_prometheus_exporter()?;
/// metrics.increment("requests_total", &[("method", "GET")]).await?;
/// metrics.set_gauge("memory_usage_bytes", 1024 * 1024 * 512, &[]).await?;
/// metrics.increment_gauge("active_connections", 1, &[("server", "web1")]).await?;
/// metrics.observe_histogram("request_duration_seconds", 0.125, &[("endpoint", "/api")]).await?;
/// assert_eq!(metrics.snapshot().counter("requests_total", &[("method", "GET")]), Some(1.0));
/// # Ok(())
/// # }
/// # use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};
/// # assert!(matches!(pin!(example()).poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(()))));
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "exporters that push end with the last clone of their metrics"]
pub struct Metrics {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Tells sets of metrics apart in what threads remember.
    id: u64,
    registry: Arc<Registry>,
    /// Ends with the last clone.
    _cleanup: Option<cleanup::Cleanup>,
    /// Whether nothing is exported, so that nothing needs to be recorded.
    null: AtomicBool,
    resource: MetricsResourceConfig,
    errors: MetricsErrorConfig,
    monitoring: MonitoringConfig,
    strict_label_values: bool,
    rate: rate::Limiter,
    #[cfg(feature = "prometheus")]
    prometheus: OnceLock<PrometheusExporter>,
    #[cfg(feature = "http")]
    server: Mutex<Option<Server>>,
    #[cfg(feature = "push")]
    attached: attached::Attached,
    /// Of exporters that are registered later.
    #[cfg(feature = "push")]
    export_interval: Duration,
}

impl Metrics {
    /// Metrics by name into this exporter, with default settings.
    pub fn new(exporter: impl AttachExporter) -> Self {
        Self::builder().exporter(exporter).build()
    }

    /// Metrics by name into this exporter, with these settings.
    pub fn with_full_config(
        exporter: impl AttachExporter,
        monitoring: MonitoringConfig,
        resource: MetricsResourceConfig,
        error: MetricsErrorConfig,
    ) -> Self {
        Self::builder()
            .exporter(exporter)
            .monitoring_config(monitoring)
            .resource_config(resource)
            .error_config(error)
            .build()
    }

    /// A builder over exporters and settings.
    #[must_use]
    pub fn builder() -> MetricsBuilder {
        MetricsBuilder::default()
    }

    /// A handle on a counter, which keeps its series alive.
    ///
    /// Where the name, the labels or a limit do not allow it, the error is reported as for an operation and the
    /// handle records nowhere.
    #[must_use]
    pub fn counter(&self, name: &str, labels: &[(&str, &str)]) -> Counter {
        Counter::named(&self.handle("counter", Kind::Counter, name, labels).series)
    }

    /// A handle on a gauge; see [`counter`](Self::counter).
    #[must_use]
    pub fn gauge(&self, name: &str, labels: &[(&str, &str)]) -> Gauge {
        Gauge::named(self.handle("gauge", Kind::Gauge, name, labels))
    }

    /// A handle on a histogram; see [`counter`](Self::counter).
    #[must_use]
    pub fn histogram(&self, name: &str, labels: &[(&str, &str)]) -> Histogram {
        Histogram::named(
            &self
                .handle("histogram", Kind::Histogram, name, labels)
                .series,
        )
    }

    /// The names of the exporters that these metrics go to; none where that is null alone.
    #[must_use]
    #[cfg_attr(
        not(any(feature = "prometheus", feature = "push")),
        expect(unused_mut, reason = "there is null alone")
    )]
    pub fn exporters(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        #[cfg(feature = "prometheus")]
        if self.inner.prometheus.get().is_some() {
            names.push("prometheus".to_owned());
        }
        #[cfg(feature = "push")]
        names.extend(self.inner.attached.names());
        names
    }

    /// The Prometheus exporter that these metrics go to, if there is one; of several, the first.
    #[cfg(feature = "prometheus")]
    #[must_use]
    pub fn prometheus_exporter(&self) -> Option<&PrometheusExporter> {
        self.inner.prometheus.get()
    }

    /// Where the scrape server listens that `METRICS_HTTP_ADDR` asked for.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn http_address(&self) -> Option<SocketAddr> {
        let server = self.inner.server.lock();
        let server = server.unwrap_or_else(PoisonError::into_inner);
        server.as_ref().map(Server::local_addr)
    }

    /// Adds an exporter of yours: an async closure that takes a [`Snapshot`], or something that implements
    /// [`Exporter`]. It is called on a thread of its own, as that trait says, at the interval that the builder or
    /// `METRICS_EXPORT_INTERVAL_SECONDS` sets.
    ///
    /// ```
    /// # fn main() -> Result<(), instrumetrics_runtime::MetricsError> {
    /// let metrics = instrumetrics_runtime::create_metrics_with_null_exporter();
    /// metrics.register_exporter("printer", |snapshot: instrumetrics_runtime::Snapshot| async move {
    ///     println!("{} metrics", snapshot.families().count());
    ///     Ok(())
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// `conflict` when there is an exporter of that name already, `io` when its thread cannot be started.
    #[cfg(feature = "push")]
    pub fn register_exporter<Way>(
        &self,
        name: &str,
        exporter: impl RegisterExporter<Way>,
    ) -> Result<(), MetricsError> {
        if self.inner.attached.has(name) {
            let fault = Fault::new(
                ErrorCategory::Config,
                "conflict",
                "there is an exporter of that name already",
            );
            return Err(MetricsError::new("register_exporter", name, fault, None));
        }
        let part = exporter.named(name, self.inner.export_interval);
        self.inner.attach(part)
    }

    /// Exports now, everywhere at once, and waits until that is done. Prometheus comes by itself, so for it there is
    /// nothing to do.
    ///
    /// # Errors
    ///
    /// The first of what exporters failed with: `io`, `timeout`, `rejected`, `encoding`. What could not be
    /// delivered is tried again at the next export.
    #[cfg_attr(
        not(feature = "push"),
        expect(clippy::unused_async, reason = "nothing pushes without the feature")
    )]
    pub async fn export(&self) -> Result<(), MetricsError> {
        #[cfg(feature = "push")]
        self.inner.attached.export().await?;
        Ok(())
    }

    /// Exports for the last time and ends all exporters that push, then the scrape server that `METRICS_HTTP_ADDR`
    /// asked for; scrapes under way are finished first. It needs no runtime. What is recorded afterwards is not
    /// exported any more.
    ///
    /// # Errors
    ///
    /// The first of what the last exports failed with, and `timeout` when something took longer than allowed; it
    /// ends all the same soon after.
    #[cfg_attr(
        not(any(feature = "http", feature = "push")),
        expect(clippy::unused_async, reason = "nothing runs without these features")
    )]
    pub async fn shutdown(&self, within: std::time::Duration) -> Result<(), MetricsError> {
        #[cfg(any(feature = "http", feature = "push"))]
        let deadline = Instant::now() + within.min(LONGEST_SHUTDOWN);
        #[cfg(not(any(feature = "http", feature = "push")))]
        let _ = within;
        #[cfg(feature = "push")]
        let pushed = self.inner.attached.shutdown(deadline).await;
        #[cfg(not(feature = "push"))]
        let pushed = Ok(());
        #[cfg(feature = "http")]
        let pushed = pushed.and(self.shut_server_down(deadline).await);
        pushed
    }

    /// A guard for `main`: when it is dropped, everything is exported for the last time, as in
    /// [`shutdown`](Self::shutdown), within five seconds. It blocks its thread meanwhile.
    ///
    /// ```
    /// fn main() -> Result<(), instrumetrics_runtime::MetricsError> {
    ///     let metrics = instrumetrics_runtime::create_metrics_with_null_exporter();
    ///     let _flush = metrics.flush_on_drop();
    ///     // What the program does.
    ///     Ok(())
    /// }
    /// ```
    #[cfg(feature = "push")]
    pub fn flush_on_drop(&self) -> Guard {
        Guard {
            metrics: self.clone(),
        }
    }

    #[cfg(feature = "http")]
    async fn shut_server_down(&self, deadline: Instant) -> Result<(), MetricsError> {
        let server = {
            let server = self.inner.server.lock();
            server.unwrap_or_else(PoisonError::into_inner).take()
        };
        let Some(server) = server else { return Ok(()) };
        let within = deadline.saturating_duration_since(Instant::now());
        if server.shutdown_within(within).await {
            return Ok(());
        }
        let fault = Fault::new(
            ErrorCategory::Export,
            "timeout",
            "the scrape server did not stop in time",
        );
        Err(MetricsError::new("shutdown", "http", fault, None))
    }

    /// The declared metrics of the process and those by name.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        snapshot::of(&[Registry::linked(), &self.inner.registry])
    }

    /// How many metrics there are by name.
    #[must_use]
    pub fn metric_count(&self) -> usize {
        self.inner.registry.len()
    }

    /// How many label combinations there are by name.
    #[must_use]
    pub fn series_count(&self) -> usize {
        self.inner.registry.series()
    }

    /// The limits in force.
    #[must_use]
    pub fn limits(&self) -> &MetricsResourceConfig {
        &self.inner.resource
    }

    fn handle(
        &self,
        operation: &'static str,
        kind: Kind,
        name: &str,
        labels: &[(&str, &str)],
    ) -> Member {
        let wanted = Wanted {
            operation,
            kind,
            name,
            labels,
            fraction: None,
        };
        lookup::series(&self.inner, &wanted).unwrap_or_else(|fault| {
            // Reported; the handle has nobody to return the error to.
            let _ = self.inner.failed(operation, name, fault);
            detached(kind)
        })
    }
}

impl MetricsCollector for Metrics {
    /// Here only the one thing is inlined that costs nothing where nothing is exported.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "each method calls what its own kind of operation needs, and passes no more"
    )]
    fn record(&self, operation: Operation<'_>) -> Recorded {
        // Relaxed: who registers an exporter and then records is on one thread, or has synchronised otherwise.
        if self.inner.null.load(Relaxed) {
            return ready(Ok(()));
        }
        ready(self.inner.record(operation))
    }
}

/// A day: longer waits are taken for it.
#[cfg(any(feature = "http", feature = "push"))]
const LONGEST_SHUTDOWN: Duration = Duration::from_secs(86_400);

/// Exports for the last time when it is dropped; see [`Metrics::flush_on_drop`].
#[cfg(feature = "push")]
#[derive(Debug)]
#[must_use = "it exports for the last time when it is dropped"]
pub struct Guard {
    metrics: Metrics,
}

#[cfg(feature = "push")]
impl Drop for Guard {
    fn drop(&mut self) {
        // Failures are counted and logged where they happen.
        let _ = self
            .metrics
            .inner
            .attached
            .shut_down(Instant::now() + attached::LAST_EXPORT);
    }
}

#[cfg(feature = "push")]
impl Drop for Inner {
    fn drop(&mut self) {
        self.attached.retire(&self.registry);
    }
}

impl Inner {
    /// Lets the metrics go to this exporter too.
    #[cfg_attr(
        not(feature = "push"),
        expect(clippy::unnecessary_wraps, reason = "only a thread can fail to start")
    )]
    #[cfg_attr(
        not(any(feature = "prometheus", feature = "push")),
        expect(clippy::needless_pass_by_value, reason = "null is not kept")
    )]
    fn attach(&self, part: Part) -> Result<(), MetricsError> {
        let exports = match part.0 {
            ExporterKind::Null => false,
            #[cfg(feature = "prometheus")]
            ExporterKind::Prometheus(exporter) => {
                exporter.attach(&self.registry);
                // The first is the one that `prometheus_exporter` tells of.
                self.prometheus.get_or_init(|| exporter);
                true
            }
            #[cfg(feature = "push")]
            ExporterKind::Push(pusher) => {
                let worker = pusher.worker(&self.errors)?;
                worker.attach(&self.registry);
                self.attached.add(worker);
                true
            }
        };
        if exports {
            self.null.store(false, Relaxed);
            crate::recording::set_recording(true);
        }
        Ok(())
    }

    /// Counts and logs an error that nobody is given.
    fn reported(&self, error: &MetricsError) {
        if self.monitoring.monitoring_enabled {
            report::count(error.operation(), error.name(), error.fault());
        }
        report::log(error, &self.errors);
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see `Metrics::record`")]
    fn record(&self, operation: Operation<'_>) -> Result<(), MetricsError> {
        match operation {
            Operation::Increment {
                method,
                name,
                by: Some(1),
                labels,
                ..
            } => self.add_one(method, name, labels),
            Operation::Increment {
                method,
                name,
                by,
                real,
                labels,
            } => self.grow(method, name, by, real, labels),
            Operation::Observe {
                name,
                value,
                labels,
            } => self.observe(name, value, labels),
            Operation::SetGauge {
                name,
                value,
                labels,
            } => self.set_gauge(name, value, labels),
            Operation::ShiftGauge {
                method,
                name,
                by,
                labels,
            } => self.shift_gauge(method, name, by, labels),
        }
    }

    /// As [`grow`](Self::grow), of what is counted most often.
    #[inline(never)]
    fn add_one(
        &self,
        method: &'static str,
        name: &str,
        labels: &[(&str, &str)],
    ) -> Result<(), MetricsError> {
        self.grown(method, name, Some(1), 1.0, labels)
    }

    /// Lets a counter grow. Out of line, like the others: a call of the methods is small then.
    #[inline(never)]
    fn grow(
        &self,
        method: &'static str,
        name: &str,
        by: Option<u64>,
        real: f64,
        labels: &[(&str, &str)],
    ) -> Result<(), MetricsError> {
        self.grown(method, name, by, real, labels)
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see `change`")]
    fn grown(
        &self,
        method: &'static str,
        name: &str,
        by: Option<u64>,
        real: f64,
        labels: &[(&str, &str)],
    ) -> Result<(), MetricsError> {
        let operation = Operation::Increment {
            method,
            name,
            by,
            real,
            labels,
        };
        let remembered = || lookup::counter(self, name, labels);
        self.change(operation, remembered, Numbers::of, |numbers| {
            match by {
                _ if numbers.real => add(numbers.cell, real),
                Some(count) => add(numbers.cell, count),
                // One that counts whole things takes nothing else.
                None => return false,
            }
            true
        })
    }

    #[inline(never)]
    fn observe(&self, name: &str, value: f64, labels: &[(&str, &str)]) -> Result<(), MetricsError> {
        let operation = Operation::Observe {
            name,
            value,
            labels,
        };
        let remembered = || lookup::histogram(self, name, labels);
        let of = |series: &Series| (series.cell(), series.definition.bounds);
        self.change(operation, remembered, of, |(start, bounds)| {
            observe_named(start, bounds, value);
            true
        })
    }

    #[inline(never)]
    fn set_gauge(
        &self,
        name: &str,
        value: f64,
        labels: &[(&str, &str)],
    ) -> Result<(), MetricsError> {
        let operation = Operation::SetGauge {
            name,
            value,
            labels,
        };
        // Stored in any case, as with handles.
        self.gauge(operation, |gauge| gauge.set(value))
    }

    #[inline(never)]
    fn shift_gauge(
        &self,
        method: &'static str,
        name: &str,
        by: f64,
        labels: &[(&str, &str)],
    ) -> Result<(), MetricsError> {
        let operation = Operation::ShiftGauge {
            method,
            name,
            by,
            labels,
        };
        self.gauge(operation, |gauge| {
            if recording() {
                gauge.add(by);
            }
        })
    }

    /// What stands before a name is looked up: the value is looked at first, so that a refused value makes no series.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see `change`")]
    fn admit(&self, operation: Operation<'_>) -> Result<(), Fault> {
        self.rate.pass()?;
        if operation.is_acceptable() {
            Ok(())
        } else {
            Err(refused(operation.value()))
        }
    }

    /// Changes the numbers of a counter or histogram, if these can take it. They are looked for all the same where nothing
    /// is recorded: what is wrong is said.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "each kind of operation has the code for its own, without the others'"
    )]
    fn change<T>(
        &self,
        operation: Operation<'_>,
        remembered: impl Fn() -> Option<T>,
        of: impl Fn(&Series) -> T,
        change: impl Fn(T) -> bool,
    ) -> Result<(), MetricsError> {
        let name = operation.name();
        if let Err(fault) = self.admit(operation) {
            return self.failed(operation.method(), name, fault);
        }
        // Held while it is recorded into.
        let found;
        let numbers = if let Some(numbers) = remembered() {
            numbers
        } else {
            match lookup::look_up(self, operation.wanted()) {
                Ok(member) => found = member,
                Err(fault) => return self.failed(operation.method(), name, fault),
            }
            of(&found.series)
        };
        if !recording() || change(numbers) {
            return Ok(());
        }
        let fault = lookup::not_whole(operation.value());
        self.failed(operation.method(), name, fault)
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see `change`")]
    fn gauge(
        &self,
        operation: Operation<'_>,
        change: impl Fn(&GaugeNumbers),
    ) -> Result<(), MetricsError> {
        let (name, labels) = (operation.name(), operation.labels());
        if let Err(fault) = self.admit(operation) {
            return self.failed(operation.method(), name, fault);
        }
        let pin = lookup::gauge(self, name, labels);
        let found;
        let series = if let Some(pin) = &pin {
            &***pin
        } else {
            match lookup::look_up(self, operation.wanted()) {
                Ok(member) => found = member,
                Err(fault) => return self.failed(operation.method(), name, fault),
            }
            &*found.series
        };
        series.gauge().map(change);
        Ok(())
    }

    /// Reports an error, and returns it where that is wanted.
    #[cold]
    fn failed(
        &self,
        operation: &'static str,
        name: &str,
        fault: Fault,
    ) -> Result<(), MetricsError> {
        let error = self.report(operation, name, fault);
        if self.errors.propagate_errors {
            Err(error)
        } else {
            Ok(())
        }
    }

    /// Counts and logs an error.
    #[cold]
    fn report(&self, operation: &'static str, name: &str, fault: Fault) -> MetricsError {
        if self.monitoring.monitoring_enabled {
            report::count(operation, name, &fault);
        }
        let context = self.errors.detailed_error_context.then(|| {
            format!(
                "max_metrics={}, max_labels_per_metric={}, monitoring_enabled={}",
                self.resource.max_metrics,
                self.resource.max_labels_per_metric,
                self.monitoring.monitoring_enabled
            )
        });
        let error = MetricsError::new(operation, crate::error::shown(name), fault, context);
        report::log(&error, &self.errors);
        error
    }
}

/// Why a number cannot be taken.
#[cold]
fn refused(value: f64) -> Fault {
    let reason = if value.is_finite() {
        format!("a counter cannot grow by {value}, which is negative")
    } else {
        format!("the value {value} is not finite")
    };
    Fault::validation("invalid_value", reason)
}

/// Adds to a counter.
fn add(cell: u32, amount: impl Amount) {
    if State::now().has_events() {
        amount.add_and_tell(cell);
    } else {
        amount.add_to(cell);
    }
}

/// Whether two numbers of an operation can both be had of one.
fn both(number: impl Number) -> (Option<u64>, f64) {
    (number.count(), number.real())
}
