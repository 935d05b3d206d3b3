//! The Prometheus text format 0.0.4 and `OpenMetrics` 1.0.
//!
//! Sources: "Exposition formats" at prometheus.io, and the `OpenMetrics` specification 1.0.0.

#[cfg(feature = "prometheus")]
mod accept;
mod escape;
mod family;
mod le;
mod number;
mod piece;

#[cfg(feature = "prometheus")]
pub(crate) use accept::negotiate;
pub(crate) use escape::{escape_help, escape_label_value};
#[cfg(feature = "prometheus")]
pub(crate) use family::{Header, Kind as SampleKind, write_header};
pub(crate) use family::{Scratch, write_family};
pub(crate) use le::LeTexts;
#[cfg(any(feature = "datadog", feature = "prometheus"))]
pub(crate) use number::write_bound;
#[cfg(any(
    feature = "datadog",
    feature = "graphite",
    feature = "influx",
    feature = "json",
    feature = "prometheus"
))]
pub(crate) use number::{write_f64, write_u64};

use crate::registry::Registry;

/// How an exporter writes: its format, and what it puts before names and among labels.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Style<'a> {
    pub(crate) format: Format,
    /// Before every name that declares no namespace; with its `_`, or empty.
    pub(crate) prefix: &'a str,
    /// On every series, among its own labels by name.
    pub(crate) constant: &'a [ConstantLabel],
}

/// A label that an exporter puts on every series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConstantLabel {
    pub(crate) name: Box<str>,
    /// `name="value"`, escaped.
    pub(crate) text: Box<str>,
}

impl ConstantLabel {
    #[cfg(any(feature = "prometheus", feature = "pushgateway"))]
    pub(crate) fn new(name: &str, value: &str) -> Self {
        let mut text = format!("{name}=\"");
        escape_label_value(&mut text, value);
        text.push('"');
        Self {
            name: name.into(),
            text: text.into_boxed_str(),
        }
    }
}

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
    let mut scratch = Scratch::default();
    for family in Registry::linked().families() {
        write_family(&mut out, &family, Style::default(), &mut scratch);
    }
    out
}

#[cfg(test)]
#[cfg(feature = "prometheus")]
mod tests;
