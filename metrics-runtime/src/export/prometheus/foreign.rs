//! What other collectors in the `prometheus::Registry` report, as text. It is written as it is.

use crate::export::text::{
    Format, Header, SampleKind, escape_label_value, write_bound, write_f64, write_header, write_u64,
};
use crate::report;
use prometheus::proto::{self, MetricType};
use std::borrow::Cow;

/// Every name under which a family's samples or metadata appear.
pub(super) fn exposed_names(family: &proto::MetricFamily) -> impl Iterator<Item = Cow<'_, str>> {
    let name = family.name();
    let (base, suffixes): (&str, &[&str]) = match family.get_field_type() {
        MetricType::COUNTER => (name.strip_suffix("_total").unwrap_or(name), &["_total"]),
        MetricType::HISTOGRAM => (name, &["_bucket", "_sum", "_count"]),
        MetricType::SUMMARY => (name, &["_sum", "_count"]),
        _ => (name, &[]),
    };
    std::iter::once(Cow::Borrowed(base)).chain(
        suffixes
            .iter()
            .map(move |suffix| Cow::Owned(format!("{base}{suffix}"))),
    )
}

pub(super) fn write(out: &mut String, family: &proto::MetricFamily, format: Format) {
    let kind = match family.get_field_type() {
        MetricType::COUNTER => SampleKind::Counter,
        MetricType::GAUGE => SampleKind::Gauge,
        MetricType::HISTOGRAM => SampleKind::Histogram,
        MetricType::SUMMARY => SampleKind::Summary,
        // The crate cannot read such a value in all its configurations.
        MetricType::UNTYPED => {
            report::export("prometheus", "encoding", family.name());
            return;
        }
    };
    let header = Header {
        prefix: "",
        name: family.name(),
        help: family.help(),
        kind,
        unit: None,
    };
    write_header(out, &header, format);
    for metric in family.get_metric() {
        let mut sample = Sample {
            out,
            name: header.name,
            labels: metric.get_label(),
        };
        match kind {
            SampleKind::Counter => {
                header.write_counter_name(sample.out, format);
                sample.labels(None);
                write_f64(out, metric.get_counter().value());
                out.push('\n');
            }
            SampleKind::Gauge => sample.real("", metric.get_gauge().value()),
            SampleKind::Histogram => {
                let histogram = metric.get_histogram();
                sample.histogram(histogram.get_bucket(), histogram.get_sample_count());
                sample.real("_sum", histogram.get_sample_sum());
                sample.count("_count", histogram.get_sample_count());
            }
            SampleKind::Summary => {
                let summary = metric.get_summary();
                for quantile in summary.get_quantile() {
                    sample.name("", Some(("quantile", quantile.quantile())));
                    write_f64(sample.out, quantile.value());
                    sample.out.push('\n');
                }
                sample.real("_sum", summary.sample_sum());
                sample.count("_count", summary.sample_count());
            }
        }
    }
}

/// Writes the samples of one combination of labels.
struct Sample<'a> {
    out: &'a mut String,
    name: &'a str,
    labels: &'a [proto::LabelPair],
}

impl Sample<'_> {
    fn real(&mut self, suffix: &str, value: f64) {
        self.name(suffix, None);
        write_f64(self.out, value);
        self.out.push('\n');
    }

    fn count(&mut self, suffix: &str, value: u64) {
        self.name(suffix, None);
        write_u64(self.out, value);
        self.out.push('\n');
    }

    fn histogram(&mut self, buckets: &[proto::Bucket], count: u64) {
        let mut infinity = false;
        for bucket in buckets {
            infinity |= bucket.upper_bound() == f64::INFINITY;
            self.name("_bucket", Some(("le", bucket.upper_bound())));
            write_u64(self.out, bucket.cumulative_count());
            self.out.push('\n');
        }
        // The crate's own histograms leave it out.
        if !infinity {
            self.name("_bucket", Some(("le", f64::INFINITY)));
            write_u64(self.out, count);
            self.out.push('\n');
        }
    }

    fn name(&mut self, suffix: &str, last: Option<(&str, f64)>) {
        self.out.push_str(self.name);
        self.out.push_str(suffix);
        self.labels(last);
    }

    fn labels(&mut self, last: Option<(&str, f64)>) {
        let out = &mut *self.out;
        let mut separator = '{';
        for pair in self.labels.iter().filter(|pair| !pair.value().is_empty()) {
            out.push(separator);
            separator = ',';
            out.push_str(pair.name());
            out.push_str("=\"");
            escape_label_value(out, pair.value());
            out.push('"');
        }
        if let Some((name, value)) = last {
            out.push(separator);
            separator = ',';
            out.push_str(name);
            out.push_str("=\"");
            write_bound(out, value);
            out.push('"');
        }
        if separator == ',' {
            out.push('}');
        }
        out.push(' ');
    }
}

/// The `prometheus` crate spells a value's getter `value` with its feature `protobuf`, which another
/// crate may have switched on, and `get_value` without. The two traits stand in for the one that is
/// missing: an inherent method wins over them.
#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "one of the two is idle in each configuration"
)]
trait Value {
    fn value(&self) -> f64;
}

#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "one of the two is idle in each configuration"
)]
trait GetValue {
    fn get_value(&self) -> f64;
}

macro_rules! getters {
    ($($type:ty),*) => {$(
        impl Value for $type {
            fn value(&self) -> f64 {
                self.get_value()
            }
        }
        impl GetValue for $type {
            fn get_value(&self) -> f64 {
                self.value()
            }
        }
    )*};
}
getters!(proto::Counter, proto::Gauge);
