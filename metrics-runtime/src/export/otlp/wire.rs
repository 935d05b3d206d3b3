//! The protobuf wire format, as far as OTLP goes.
//!
//! Source: "Encoding" at protobuf.dev. A message within a message is preceded by its length, which is known only when
//! it is written: room for the commonest is left, and where another is needed the message is moved by a byte or two.
//! So what is written is the shortest encoding, as every other encoder writes it.

const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH_DELIMITED: u64 = 2;
const FIXED32: u64 = 5;

/// Bytes left for a length: those of messages from 128 bytes to 16 KiB.
const ROOM: usize = 2;

/// Where a message that is being written has its length.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark(usize);

/// Writes an integer in groups of 7 bits, the lowest first.
pub(super) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(low(value) | 0x80);
        value >>= 7;
    }
    out.push(low(value));
}

/// Bytes of an integer so written.
pub(super) const fn varint_length(value: usize) -> usize {
    match value.checked_ilog2() {
        None => 1,
        Some(bits) => bits as usize / 7 + 1,
    }
}

/// Bytes of a text with its tag and its length; of a field up to 15.
pub(super) const fn text_length(length: usize) -> usize {
    1 + varint_length(length) + length
}

fn low(value: u64) -> u8 {
    (value & 0x7f) as u8
}

fn tag(out: &mut Vec<u8>, field: u32, wire: u64) {
    varint(out, u64::from(field) << 3 | wire);
}

/// A length, with the tag of its field before it.
pub(super) fn length(out: &mut Vec<u8>, field: u32, length: usize) {
    tag(out, field, LENGTH_DELIMITED);
    varint(out, length as u64);
}

pub(super) fn text(out: &mut Vec<u8>, field: u32, text: &str) {
    length(out, field, text.len());
    out.extend_from_slice(text.as_bytes());
}

/// An enum or a flag.
pub(super) fn small(out: &mut Vec<u8>, field: u32, value: u8) {
    tag(out, field, VARINT);
    varint(out, u64::from(value));
}

/// Eight bytes: `fixed64`, `sfixed64` and `double`.
pub(super) fn fixed64(out: &mut Vec<u8>, field: u32, value: u64) {
    tag(out, field, FIXED64);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Begins a message in a field.
pub(super) fn open(out: &mut Vec<u8>, field: u32) -> Mark {
    tag(out, field, LENGTH_DELIMITED);
    let mark = Mark(out.len());
    out.extend_from_slice(&[0; ROOM]);
    mark
}

/// Ends it.
pub(super) fn close(out: &mut Vec<u8>, mark: Mark) {
    let begin = mark.0 + ROOM;
    let length = out.len().saturating_sub(begin);
    let wanted = varint_length(length);
    if wanted < ROOM {
        out.copy_within(begin.., mark.0 + wanted);
        out.truncate(mark.0 + wanted + length);
    } else if wanted > ROOM {
        out.resize(out.len() + wanted - ROOM, 0);
        out.copy_within(begin..begin + length, mark.0 + wanted);
    }
    let mut value = length as u64;
    for place in out.iter_mut().skip(mark.0).take(wanted) {
        *place = low(value) | 0x80;
        value >>= 7;
    }
    if let Some(last) = out.get_mut(mark.0 + wanted - 1) {
        *last &= 0x7f;
    }
}

/// The value of a field that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    /// Of a type that no answer of interest has.
    Other,
}

/// The fields of a message from elsewhere. It ends where something is not as it should be.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.varint()?;
        let value = match tag & 7 {
            VARINT => Value::Varint(self.varint()?),
            FIXED64 => self.bytes(8).map(|_| Value::Other)?,
            LENGTH_DELIMITED => {
                let length = self.varint()?;
                Value::Bytes(self.bytes(length)?)
            }
            FIXED32 => self.bytes(4).map(|_| Value::Other)?,
            _ => return None,
        };
        Some((tag >> 3, value))
    }
}

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for group in 0..10 {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << (7 * group);
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn bytes(&mut self, length: u64) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(bytes)
    }

    /// The message or text in a field.
    pub(super) fn bytes_of(self, field: u64) -> Option<&'a [u8]> {
        let found = |(this, value)| match value {
            Value::Bytes(bytes) if this == field => Some(bytes),
            _ => None,
        };
        // Of several the last holds.
        self.filter_map(found).last()
    }

    pub(super) fn varint_of(self, field: u64) -> Option<u64> {
        let found = |(this, value)| match value {
            Value::Varint(value) if this == field => Some(value),
            _ => None,
        };
        self.filter_map(found).last()
    }

    pub(super) fn text_of(self, field: u64) -> Option<String> {
        let text = self.bytes_of(field)?;
        Some(String::from_utf8_lossy(text).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_written_as_the_specification_shows() {
        let written = |value| {
            let mut out = Vec::new();
            varint(&mut out, value);
            out
        };
        assert_eq!(written(1), [0x01]);
        assert_eq!(written(150), [0x96, 0x01]);
        assert_eq!(written(u64::MAX).len(), 10);
        for value in [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152] {
            let bytes = written(value as u64);
            assert_eq!(bytes.len(), varint_length(value), "{value}");
            assert_eq!(Fields(&bytes).varint(), Some(value as u64));
        }
        let mut out = Vec::new();
        text(&mut out, 2, "testing");
        assert_eq!(out, b"\x12\x07testing");
        assert_eq!(out.len(), text_length(7));
    }

    #[test]
    fn a_message_has_the_shortest_length() {
        for length in [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152] {
            let content = vec![7; length];
            let mut out = b"before".to_vec();
            let outer = open(&mut out, 1);
            let inner = open(&mut out, 3);
            out.extend_from_slice(&content);
            close(&mut out, inner);
            close(&mut out, outer);
            let mut expected = b"before\x0a".to_vec();
            varint(&mut expected, (1 + varint_length(length) + length) as u64);
            expected.push(0x1a);
            varint(&mut expected, length as u64);
            expected.extend_from_slice(&content);
            assert!(out == expected, "{length}");
            let read = Fields(&out[6..]).bytes_of(1).unwrap();
            assert!(Fields(read).bytes_of(3) == Some(&content), "{length}");
        }
    }

    #[test]
    fn what_is_no_message_is_read_as_far_as_it_is_one() {
        assert_eq!(Fields(b"").next(), None);
        assert_eq!(Fields(b"\x08").next(), None);
        assert_eq!(Fields(b"\x0a\x05abc").next(), None);
        assert_eq!(Fields(b"\x0b").next(), None);
        assert_eq!(Fields(&[0xff; 20]).next(), None);
        let read: Vec<_> = Fields(b"\x08\x96\x01\x11aaaaaaaa\x1dbbbb\x12\x01x\x0a").collect();
        assert_eq!(
            read,
            [
                (1, Value::Varint(150)),
                (2, Value::Other),
                (3, Value::Other),
                (2, Value::Bytes(b"x"))
            ]
        );
    }
}
