//! `ExportMetricsServiceRequest` in JSON, as the OTLP specification maps it: field names in camelCase, enums as
//! integers, integers of 64 bits as texts.

use super::config::OtlpTemporality;
use super::encoding::{Encoding, Labels};
use super::point::{Amount, Buckets, Point, ucum};
use crate::descriptor::Kind;
use crate::family::Family;

#[derive(Debug)]
pub(super) struct Json {
    /// What is the same in every request: all up to the first metric.
    head: Vec<u8>,
    constant: Labels,
    /// The constant labels of the metric that is open, as attributes of its points.
    attributes: Vec<u8>,
}

impl Json {
    pub(super) fn new(resource: &[(String, String)], constant: &Labels) -> Self {
        let mut head = br#"{"resourceMetrics":[{"resource":{"attributes":["#.to_vec();
        for (key, value) in resource {
            attribute(&mut head, key, value);
        }
        head.extend_from_slice(br#"]},"scopeMetrics":[{"scope":{"name":"#);
        text(&mut head, super::SCOPE);
        head.extend_from_slice(br#","version":"#);
        text(&mut head, env!("CARGO_PKG_VERSION"));
        head.extend_from_slice(br#"},"metrics":["#);
        Self {
            head,
            constant: constant.clone(),
            attributes: Vec::new(),
        }
    }
}

impl Encoding for Json {
    fn begin(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
    }

    fn open(&mut self, out: &mut Vec<u8>, family: &Family, temporality: OtlpTemporality) {
        let definition = &family.definition;
        self.attributes.clear();
        // As after the bracket that they follow in a point.
        self.attributes.push(b'[');
        for (name, value) in super::constant_on(family, &self.constant) {
            attribute(&mut self.attributes, name, value);
        }
        separate(out);
        out.extend_from_slice(br#"{"name":"#);
        text(out, &definition.name);
        if !definition.help.is_empty() {
            out.extend_from_slice(br#","description":"#);
            text(out, &definition.help);
        }
        let unit = ucum(definition.unit);
        if !unit.is_empty() {
            out.extend_from_slice(br#","unit":"#);
            text(out, unit);
        }
        out.extend_from_slice(match definition.kind {
            Kind::Gauge => br#","gauge":{"#,
            Kind::Counter => br#","sum":{"isMonotonic":true,"#,
            Kind::Histogram => br#","histogram":{"#,
        });
        if definition.kind != Kind::Gauge {
            out.extend_from_slice(br#""aggregationTemporality":"#);
            integer(out, temporality.number());
            out.push(b',');
        }
        out.extend_from_slice(br#""dataPoints":["#);
    }

    fn point(&mut self, out: &mut Vec<u8>, point: &Point<'_>) {
        separate(out);
        out.extend_from_slice(br#"{"attributes":"#);
        out.extend_from_slice(&self.attributes);
        for (name, value) in point.family.labels(point.series) {
            attribute(out, name, value);
        }
        out.push(b']');
        if point.start != 0 {
            out.extend_from_slice(br#","startTimeUnixNano":"#);
            quoted(out, point.start);
        }
        out.extend_from_slice(br#","timeUnixNano":"#);
        quoted(out, point.time);
        match &point.amount {
            Amount::Real(real) => {
                out.extend_from_slice(br#","asDouble":"#);
                number(out, *real);
            }
            Amount::Whole(whole) => {
                out.extend_from_slice(br#","asInt":"#);
                quoted(out, *whole);
            }
            Amount::Buckets(buckets) => histogram(out, buckets),
        }
        out.push(b'}');
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"]}}");
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"]}]}]}");
    }
}

fn histogram(out: &mut Vec<u8>, buckets: &Buckets<'_>) {
    out.extend_from_slice(br#","count":"#);
    quoted(out, buckets.count());
    if let Some(sum) = buckets.sum {
        out.extend_from_slice(br#","sum":"#);
        number(out, sum);
    }
    out.extend_from_slice(br#","bucketCounts":["#);
    for count in buckets.counts() {
        separate(out);
        quoted(out, count);
    }
    out.extend_from_slice(br#"],"explicitBounds":["#);
    for bound in buckets.bounds {
        separate(out);
        number(out, *bound);
    }
    out.push(b']');
}

/// A `KeyValue` with a text.
fn attribute(out: &mut Vec<u8>, key: &str, value: &str) {
    separate(out);
    out.extend_from_slice(br#"{"key":"#);
    text(out, key);
    out.extend_from_slice(br#","value":{"stringValue":"#);
    text(out, value);
    out.extend_from_slice(b"}}");
}

/// A comma, but for the first of an array.
fn separate(out: &mut Vec<u8>) {
    if out.last() != Some(&b'[') {
        out.push(b',');
    }
}

fn integer(out: &mut Vec<u8>, value: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

fn quoted(out: &mut Vec<u8>, value: impl itoa::Integer) {
    out.push(b'"');
    integer(out, value);
    out.push(b'"');
}

/// A number that is finite, as all are that get here.
fn number(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes());
}

/// A text in quotes (RFC 8259, 7).
fn text(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut begin = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let escaped: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..0x20 => {
                let digit = |value: u8| HEX.get(usize::from(value)).copied().unwrap_or(b'0');
                &[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]
            }
            _ => continue,
        };
        out.extend_from_slice(bytes.get(begin..at).unwrap_or_default());
        out.extend_from_slice(escaped);
        begin = at + 1;
    }
    out.extend_from_slice(bytes.get(begin..).unwrap_or_default());
    out.push(b'"');
}
