//! `ExportMetricsServiceRequest` in protobuf.

use super::config::OtlpTemporality;
use super::encoding::{Encoding, Labels};
use super::point::{Amount, Buckets, Point, ucum};
use super::wire::{self, Mark};
use crate::descriptor::Kind;
use crate::family::Family;

/// The attributes of a `NumberDataPoint`, and those of a `HistogramDataPoint`.
const NUMBER_ATTRIBUTES: u32 = 7;
const HISTOGRAM_ATTRIBUTES: u32 = 9;

#[derive(Debug)]
pub(super) struct Protobuf {
    /// The fields `resource` of `ResourceMetrics` and `scope` of `ScopeMetrics`, which are in every request.
    resource: Vec<u8>,
    scope: Vec<u8>,
    constant: Labels,
    /// The constant labels of the metric that is open, as attributes of its points.
    attributes: Vec<u8>,
    resource_metrics: Mark,
    scope_metrics: Mark,
    metric: Mark,
    data: Mark,
    temporality: OtlpTemporality,
    kind: Kind,
}

impl Protobuf {
    pub(super) fn new(resource: &[(String, String)], constant: &Labels) -> Self {
        let mut attributes = Vec::new();
        let mark = wire::open(&mut attributes, 1);
        for (key, value) in resource {
            attribute(&mut attributes, 1, key, value);
        }
        wire::close(&mut attributes, mark);
        let mut scope = Vec::new();
        let mark = wire::open(&mut scope, 1);
        wire::text(&mut scope, 1, super::SCOPE);
        wire::text(&mut scope, 2, env!("CARGO_PKG_VERSION"));
        wire::close(&mut scope, mark);
        Self {
            resource: attributes,
            scope,
            constant: constant.clone(),
            attributes: Vec::new(),
            resource_metrics: Mark::default(),
            scope_metrics: Mark::default(),
            metric: Mark::default(),
            data: Mark::default(),
            temporality: OtlpTemporality::Cumulative,
            kind: Kind::Counter,
        }
    }
}

impl Encoding for Protobuf {
    fn begin(&mut self, out: &mut Vec<u8>) {
        self.resource_metrics = wire::open(out, 1);
        out.extend_from_slice(&self.resource);
        self.scope_metrics = wire::open(out, 2);
        out.extend_from_slice(&self.scope);
    }

    fn open(&mut self, out: &mut Vec<u8>, family: &Family, temporality: OtlpTemporality) {
        let definition = &family.definition;
        self.kind = definition.kind;
        self.temporality = temporality;
        self.attributes.clear();
        let field = match definition.kind {
            Kind::Counter | Kind::Gauge => NUMBER_ATTRIBUTES,
            Kind::Histogram => HISTOGRAM_ATTRIBUTES,
        };
        for (name, value) in super::constant_on(family, &self.constant) {
            attribute(&mut self.attributes, field, name, value);
        }
        self.metric = wire::open(out, 2);
        wire::text(out, 1, &definition.name);
        if !definition.help.is_empty() {
            wire::text(out, 2, &definition.help);
        }
        let unit = ucum(definition.unit);
        if !unit.is_empty() {
            wire::text(out, 3, unit);
        }
        self.data = wire::open(
            out,
            match definition.kind {
                Kind::Gauge => 5,
                Kind::Counter => 7,
                Kind::Histogram => 9,
            },
        );
    }

    fn point(&mut self, out: &mut Vec<u8>, point: &Point<'_>) {
        let mark = wire::open(out, 1);
        if point.start != 0 {
            wire::fixed64(out, 2, point.start);
        }
        wire::fixed64(out, 3, point.time);
        let attributes = match &point.amount {
            Amount::Real(real) => {
                wire::fixed64(out, 4, real.to_bits());
                NUMBER_ATTRIBUTES
            }
            Amount::Whole(whole) => {
                wire::fixed64(out, 6, whole.cast_unsigned());
                NUMBER_ATTRIBUTES
            }
            Amount::Buckets(buckets) => {
                histogram(out, buckets);
                HISTOGRAM_ATTRIBUTES
            }
        };
        out.extend_from_slice(&self.attributes);
        for (name, value) in point.family.labels(point.series) {
            attribute(out, attributes, name, value);
        }
        wire::close(out, mark);
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        if self.kind != Kind::Gauge {
            wire::small(out, 2, self.temporality.number());
        }
        if self.kind == Kind::Counter {
            // Monotonic.
            wire::small(out, 3, 1);
        }
        wire::close(out, self.data);
        wire::close(out, self.metric);
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        wire::close(out, self.scope_metrics);
        wire::close(out, self.resource_metrics);
    }
}

fn histogram(out: &mut Vec<u8>, buckets: &Buckets<'_>) {
    match buckets.count() {
        // What is zero is left out, but for an amount.
        0 => {}
        count => wire::fixed64(out, 4, count),
    }
    if let Some(sum) = buckets.sum {
        wire::fixed64(out, 5, sum.to_bits());
    }
    let counts = buckets.counts();
    wire::length(out, 6, counts.len() * 8);
    for count in counts {
        out.extend_from_slice(&count.to_le_bytes());
    }
    if !buckets.bounds.is_empty() {
        wire::length(out, 7, buckets.bounds.len() * 8);
        for bound in buckets.bounds {
            out.extend_from_slice(&bound.to_le_bytes());
        }
    }
}

/// A `KeyValue` with a text.
fn attribute(out: &mut Vec<u8>, field: u32, key: &str, value: &str) {
    let any = wire::text_length(value.len());
    wire::length(
        out,
        field,
        wire::text_length(key.len()) + wire::text_length(any),
    );
    wire::text(out, 1, key);
    wire::length(out, 2, any);
    wire::text(out, 1, value);
}
