#![doc = include_str!("../README.md")]

#[doc = include_str!("../docs/attributes/label_value.md")]
pub use instrumetrics_macros::LabelValue;
#[doc = include_str!("../docs/attributes/counted.md")]
pub use instrumetrics_macros::counted;
#[doc = include_str!("../docs/attributes/job_metric.md")]
pub use instrumetrics_macros::job_metric;
#[doc = include_str!("../docs/attributes/metrics.md")]
pub use instrumetrics_macros::metrics;
#[doc = include_str!("../docs/attributes/timed.md")]
pub use instrumetrics_macros::timed;
#[cfg(feature = "statsd")]
#[doc(inline)]
#[doc = include_str!("../docs/STATSD.md")]
pub use instrumetrics_runtime::StatsdExporter;
#[cfg(feature = "testing")]
#[doc(inline)]
#[doc = include_str!("../docs/TESTING.md")]
pub use instrumetrics_runtime::testing;
pub use instrumetrics_runtime::*;

/// The examples of the page.
#[cfg(doctest)]
#[doc = include_str!("../docs/BACKENDS.md")]
pub struct Backends;

#[doc(hidden)]
pub use instrumetrics_runtime::private as __private;

/// Registers every metric of a `#[metrics]` module: `register!(path::to::telemetry)`.
///
/// Metrics register when they are first used, and those that the linker collects when metrics are first read. This is
/// for the ones it does not: a crate that no code names is not linked. [`unlinked`] lists what it lost.
///
/// ```
/// use instrumetrics::{metrics, register, render};
///
/// #[metrics]
/// mod telemetry {
///     use instrumetrics::Gauge;
///
///     /// Lights on.
///     pub fn lights() -> Gauge;
/// }
///
/// register!(telemetry);
/// assert!(render().contains("\nlights 0\n"));
/// ```
#[macro_export]
macro_rules! register {
    ($($module:tt)+) => {{
        use $($module)+ as __instrumetrics_module;
        __instrumetrics_module::__instrumetrics_register();
    }};
}
