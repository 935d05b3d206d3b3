//! How a request is put together, in either encoding: protobuf (`opentelemetry/proto/metrics/v1/metrics.proto`), or
//! JSON as the OTLP specification maps it.

use super::config::{OtlpProtocol, OtlpTemporality};
use super::json::Json;
use super::point::Point;
use super::protobuf::Protobuf;
use crate::export::push::{Baseline, Place};
use crate::family::Family;

/// Bytes by which ending a request may lengthen it: lengths that grow, or closing brackets.
const ENDING: usize = 32;

/// Labels by name, those that an exporter puts on every series.
pub(super) type Labels = Box<[(Box<str>, Box<str>)]>;

/// One of the two encodings. A request is begun; each metric is opened, gets its points and is closed; it is ended.
pub(super) trait Encoding {
    fn begin(&mut self, out: &mut Vec<u8>);
    fn open(&mut self, out: &mut Vec<u8>, family: &Family, temporality: OtlpTemporality);
    fn point(&mut self, out: &mut Vec<u8>, point: &Point<'_>);
    fn close(&mut self, out: &mut Vec<u8>);
    fn end(&mut self, out: &mut Vec<u8>);
}

/// Writes requests, one after the other, in the encoding of a protocol.
#[derive(Debug)]
pub(super) enum Encoder {
    Protobuf(Protobuf),
    Json(Json),
}

/// What a request holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) points: u64,
    pub(super) recordings: u64,
    /// Where the next request begins, if there was no room for everything.
    pub(super) next: Option<Place>,
}

/// What is encoded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    pub(super) baseline: &'a Baseline,
    pub(super) from: Place,
    pub(super) temporality: OtlpTemporality,
    /// Bytes of a request, which one point alone may exceed.
    pub(super) limit: usize,
}

impl Encoder {
    pub(super) fn new(
        protocol: OtlpProtocol,
        resource: &[(String, String)],
        constant: &Labels,
    ) -> Self {
        match protocol {
            OtlpProtocol::HttpJson => Self::Json(Json::new(resource, constant)),
            OtlpProtocol::HttpProtobuf | OtlpProtocol::Grpc => {
                Self::Protobuf(Protobuf::new(resource, constant))
            }
        }
    }

    /// Puts a request in the place of what `out` holds, and the series that are in it in that of `places`.
    pub(super) fn encode(
        &mut self,
        out: &mut Vec<u8>,
        places: &mut Vec<Place>,
        source: Source<'_>,
    ) -> Contents {
        match self {
            Self::Protobuf(encoding) => encode(encoding, out, places, source),
            Self::Json(encoding) => encode(encoding, out, places, source),
        }
    }
}

fn encode(
    encoding: &mut impl Encoding,
    out: &mut Vec<u8>,
    places: &mut Vec<Place>,
    source: Source<'_>,
) -> Contents {
    out.clear();
    places.clear();
    let Source {
        baseline,
        from,
        temporality,
        limit,
    } = source;
    let limit = limit.saturating_sub(ENDING);
    let time = baseline.read_at();
    let mut contents = Contents::default();
    // The metric that is open, with where it begins and where its first point does.
    let mut open: Option<(&Family, usize, usize)> = None;
    encoding.begin(out);
    for change in baseline.every_from(from) {
        let Some(point) = Point::of(&change, temporality, time) else {
            continue;
        };
        if open.is_none_or(|(family, ..)| !std::ptr::eq(family, point.family)) {
            if open.is_some() {
                encoding.close(out);
            }
            let begin = out.len();
            encoding.open(out, point.family, temporality);
            open = Some((point.family, begin, out.len()));
        }
        let before = out.len();
        encoding.point(out, &point);
        if out.len() > limit && contents.points > 0 {
            // One too many: it is the first of the next request.
            contents.next = Some(change.place);
            out.truncate(before);
            if let Some((_, begin, _)) = open.filter(|(_, _, first)| *first == before) {
                out.truncate(begin);
                open = None;
            }
            break;
        }
        contents.points += 1;
        contents.recordings = contents.recordings.wrapping_add(change.recordings());
        places.push(change.place);
    }
    if open.is_some() {
        encoding.close(out);
    }
    encoding.end(out);
    contents
}
