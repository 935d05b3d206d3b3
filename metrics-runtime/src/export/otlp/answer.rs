//! What a peer answers: `ExportMetricsServiceResponse`, or a `google.rpc.Status` that says what is wrong.

use super::wire::{Fields, Value};
use crate::export::push::Failure;
use serde_json::Value as Any;
use std::time::Duration;

/// Characters of a message that are put into an error.
const MOST_QUOTED: usize = 200;

/// What became of a request that was answered.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Taken, perhaps but for some points.
    Taken(Partial),
    /// Not taken, and it may be sent again.
    Later(Failure),
    /// Not taken, and it never will be.
    Refused(Failure),
    /// Not taken; less at a time may be.
    TooLarge(Failure),
}

/// `ExportMetricsPartialSuccess`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Partial {
    pub(super) rejected: u64,
    pub(super) message: String,
}

impl Partial {
    /// From an answer in protobuf. What is no such answer is taken for one without anything to say.
    pub(super) fn of_protobuf(body: &[u8]) -> Self {
        let partial = Fields(body).bytes_of(1).unwrap_or_default();
        let rejected = Fields(partial).varint_of(1).unwrap_or_default();
        Self {
            // Signed: a negative one says nothing.
            rejected: u64::try_from(rejected.cast_signed()).unwrap_or_default(),
            message: quoted(&Fields(partial).text_of(2).unwrap_or_default()),
        }
    }

    pub(super) fn of_json(body: &[u8]) -> Self {
        let answer: Any = serde_json::from_slice(body).unwrap_or_default();
        let partial = field(&answer, "partialSuccess", "partial_success");
        let rejected = partial.map(|it| field(it, "rejectedDataPoints", "rejected_data_points"));
        let message = partial.map(|it| field(it, "errorMessage", "error_message"));
        let rejected = rejected.flatten().and_then(|rejected| match rejected {
            Any::String(text) => text.parse().ok(),
            other => other.as_u64(),
        });
        Self {
            rejected: rejected.unwrap_or_default(),
            message: quoted(message.flatten().and_then(Any::as_str).unwrap_or_default()),
        }
    }
}

fn field<'a>(object: &'a Any, name: &str, proto_name: &str) -> Option<&'a Any> {
    object.get(name).or_else(|| object.get(proto_name))
}

/// `google.rpc.Status`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) message: String,
    /// Of `google.rpc.RetryInfo` among its details.
    pub(super) retry_after: Option<Duration>,
}

impl Status {
    pub(super) fn of_protobuf(body: &[u8]) -> Self {
        let details = Fields(body).filter_map(|(field, value)| match value {
            Value::Bytes(any) if field == 3 => Some(any),
            _ => None,
        });
        let mut retry_infos = details.filter(|any| {
            let url = Fields(any).text_of(1).unwrap_or_default();
            url.ends_with("/google.rpc.RetryInfo")
        });
        Self {
            message: quoted(&Fields(body).text_of(2).unwrap_or_default()),
            retry_after: retry_infos.next().map(|any| {
                let info = Fields(any).bytes_of(2).unwrap_or_default();
                let delay = Fields(info).bytes_of(1).unwrap_or_default();
                let number = |field| {
                    let number = Fields(delay).varint_of(field).unwrap_or_default();
                    u64::try_from(number.cast_signed()).unwrap_or_default()
                };
                Duration::from_secs(number(1)) + Duration::from_nanos(number(2).min(999_999_999))
            }),
        }
    }

    pub(super) fn of_json(body: &[u8]) -> Self {
        let status: Any = serde_json::from_slice(body).unwrap_or_default();
        let message = status.get("message").and_then(Any::as_str);
        Self {
            message: quoted(message.unwrap_or_default()),
            retry_after: None,
        }
    }
}

/// As much of a message as fits in an error.
pub(super) fn quoted(message: &str) -> String {
    let printable = message.chars().filter(|c| !c.is_control());
    printable.take(MOST_QUOTED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_success_is_read_in_both_encodings() {
        let expected = Partial {
            rejected: 300,
            message: "too old".to_owned(),
        };
        let protobuf = b"\x0a\x0c\x08\xac\x02\x12\x07too old";
        assert_eq!(Partial::of_protobuf(protobuf), expected);
        for json in [
            r#"{"partialSuccess":{"rejectedDataPoints":"300","errorMessage":"too old"}}"#,
            r#"{"partialSuccess":{"rejectedDataPoints":300,"errorMessage":"too old"}}"#,
            r#"{"partial_success":{"rejected_data_points":300,"error_message":"too\n old"}}"#,
        ] {
            assert_eq!(Partial::of_json(json.as_bytes()), expected, "{json}");
        }
        for nothing in [
            &b""[..],
            b"{}",
            b"null",
            b"[1",
            b"\xff\xff",
            b"\x0a\x00",
            b"\x0a\x7f\x08",
        ] {
            assert_eq!(Partial::of_protobuf(nothing), Partial::default());
            assert_eq!(Partial::of_json(nothing), Partial::default());
        }
        // Minus one.
        let negative = b"\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        assert_eq!(Partial::of_protobuf(negative), Partial::default());
        let negative = br#"{"partialSuccess":{"rejectedDataPoints":-1}}"#;
        assert_eq!(Partial::of_json(negative), Partial::default());
    }

    #[test]
    fn a_status_is_read_in_both_encodings() {
        let mut any = b"\x0a\x28type.googleapis.com/google.rpc.RetryInfo\x12\x0a".to_vec();
        any.extend(b"\x0a\x08\x08\x02\x10\x80\xca\xb5\xee\x01");
        let mut status = b"\x08\x08\x12\x04busy\x1a".to_vec();
        status.push(u8::try_from(any.len()).unwrap());
        status.extend(any);
        let read = Status::of_protobuf(&status);
        assert_eq!(read.message, "busy");
        assert_eq!(read.retry_after, Some(Duration::from_millis(2500)));
        assert_eq!(Status::of_protobuf(b"<html>"), Status::default());
        let json = Status::of_json(br#"{"code":3,"message":"no \u0007such field"}"#);
        assert_eq!(json.message, "no such field");
        assert_eq!(Status::of_json(b"<html>"), Status::default());
    }
}
