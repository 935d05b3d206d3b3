//! Our metrics as a collector of the `prometheus` crate.

use crate::cells;
use crate::descriptor::Kind;
use crate::export::sources::Sources;
use crate::family::{Family, Series};
use crate::snapshot::HistogramSnapshot;
use prometheus::core::{Collector, Desc};
use prometheus::proto;
use std::cell::Cell;

/// The declared metrics of this process, and those by name of an exporter.
pub(super) struct Ours {
    pub(super) sources: Sources,
    pub(super) prefix: Box<str>,
}

thread_local! {
    /// Whether this thread gathers the foreign metrics only.
    static LEFT_OUT: Cell<bool> = const { Cell::new(false) };
}

/// Runs a gathering in which our collector returns nothing: our own encoder writes our families better
/// than they could be after the detour through `f64`.
pub(super) fn without_ours<R>(gather: impl FnOnce() -> R) -> R {
    struct Reset(bool);
    impl Drop for Reset {
        fn drop(&mut self) {
            LEFT_OUT.set(self.0);
        }
    }
    let _reset = Reset(LEFT_OUT.replace(true));
    gather()
}

impl Collector for Ours {
    /// None: families come and go, and the registry checks nothing that we do not check ourselves.
    fn desc(&self) -> Vec<&Desc> {
        Vec::new()
    }

    fn collect(&self) -> Vec<proto::MetricFamily> {
        if LEFT_OUT.get() {
            return Vec::new();
        }
        let families = self.sources.families(&self.prefix);
        let converted = families.iter().map(|family| convert(&self.prefix, family));
        converted.collect()
    }
}

fn convert(prefix: &str, family: &Family) -> proto::MetricFamily {
    let definition = &family.definition;
    let mut converted = proto::MetricFamily::default();
    let prefix = if definition.namespaced { "" } else { prefix };
    converted.set_name(format!("{prefix}{}", definition.name));
    converted.set_help(definition.help.to_string());
    converted.set_field_type(match definition.kind {
        Kind::Counter => proto::MetricType::COUNTER,
        Kind::Gauge => proto::MetricType::GAUGE,
        Kind::Histogram => proto::MetricType::HISTOGRAM,
    });
    let metrics = family
        .all()
        .iter()
        .filter_map(|series| metric(family, series))
        .collect();
    converted.set_metric(metrics);
    converted
}

/// `None` for a gauge whose closure failed.
fn metric(family: &Family, series: &Series) -> Option<proto::Metric> {
    let labels = family.labels(series).map(|(name, value)| {
        let mut pair = proto::LabelPair::default();
        pair.set_name(name.to_owned());
        pair.set_value(value.to_owned());
        pair
    });
    let mut metric = proto::Metric::from_label(labels.collect());
    match (family.definition.kind, family.definition.real) {
        (Kind::Counter, real) => {
            let mut counter = proto::Counter::default();
            #[expect(clippy::cast_precision_loss, reason = "the proto model holds f64")]
            counter.set_value(if real {
                cells::sum_f64(series.cell())
            } else {
                cells::sum(series.cell()) as f64
            });
            metric.set_counter(counter);
        }
        (Kind::Gauge, _) => {
            let mut gauge = proto::Gauge::default();
            gauge.set_value(series.gauge()?.value()?);
            metric.set_gauge(gauge);
        }
        (Kind::Histogram, _) => {
            let read = HistogramSnapshot::read(series.cell(), family.definition.bounds);
            let mut histogram = proto::Histogram::default();
            histogram.set_sample_count(read.count());
            histogram.set_sample_sum(read.sum());
            let buckets = read.buckets().map(|(bound, count)| {
                let mut bucket = proto::Bucket::default();
                bucket.set_upper_bound(bound);
                bucket.set_cumulative_count(count);
                bucket
            });
            histogram.set_bucket(buckets.collect());
            metric.set_histogram(histogram);
        }
    }
    Some(metric)
}
