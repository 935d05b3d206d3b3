#![doc = include_str!("../README.md")]

pub use instrumetrics_macros::{LabelValue, counted, job_metric, metrics, timed};
pub use instrumetrics_runtime::*;

#[doc(hidden)]
pub use instrumetrics_runtime::private as __private;

/// Registers every metric of a `#[metrics]` module: `register!(path::to::telemetry)`.
#[macro_export]
macro_rules! register {
    ($($module:tt)+) => {{
        use $($module)+ as __instrumetrics_module;
        __instrumetrics_module::__instrumetrics_register();
    }};
}
