//! The Prometheus text format 0.0.4 and `OpenMetrics` 1.0.
//!
//! Sources: "Exposition formats" at prometheus.io, and the `OpenMetrics` specification 1.0.0.

#[cfg(feature = "prometheus")]
mod accept;
mod escape;
mod family;
mod number;

#[cfg(feature = "prometheus")]
pub(crate) use accept::negotiate;
pub(crate) use escape::{escape_help, escape_label_value};
#[cfg(feature = "prometheus")]
pub(crate) use family::{Header, Kind as SampleKind, write_header};
pub(crate) use family::{le_texts, write_family};
pub(crate) use number::{write_bound, write_f64, write_u64};

use crate::registry::Registry;

/// A text format that Prometheus scrapes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// The Prometheus text format 0.0.4.
    #[default]
    Text,
    /// `OpenMetrics` 1.0.
    OpenMetrics,
}

impl Format {
    /// What the HTTP header `Content-Type` says.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// The declared metrics of this process in text format 0.0.4, without any exporter.
///
/// ```
/// use instrumetrics_runtime::{Counter, Descriptor, render};
///
/// static PRINTED: Counter = Counter::new(&Descriptor::counter("pages_total", "Pages printed."));
/// PRINTED.inc_by(2);
/// assert!(render().contains("# HELP pages_total Pages printed.\n# TYPE pages_total counter\npages_total 2\n"));
/// ```
#[must_use]
pub fn render() -> String {
    let mut out = String::new();
    for family in Registry::linked().families() {
        write_family(&mut out, &family, Format::Text);
    }
    out
}
