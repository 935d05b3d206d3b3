//! The messages of remote write 1.0 as bytes (prometheus, `prompb/remote.proto` and `prompb/types.proto`).

/// Appends a whole number as a varint.
fn write_varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(low(n) | 0x80);
        n >>= 7;
    }
    out.push(low(n));
}

/// The lowest seven bits.
const fn low(n: u64) -> u8 {
    (n & 0x7f) as u8
}

/// Bytes of a varint.
const fn varint_length(n: u64) -> usize {
    (70 - (n | 1).leading_zeros() as usize) / 7
}

/// Appends a field of length and bytes.
fn write_bytes(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    write_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// A field of length and bytes, in all.
const fn bytes_length(length: usize) -> usize {
    1 + varint_length(length as u64) + length
}

/// Field 1, length-delimited: `WriteRequest.timeseries`, `TimeSeries.labels`, `Label.name`.
const FIRST: u8 = 0x0a;
/// Field 2, length-delimited: `TimeSeries.samples`, `Label.value`.
const SECOND: u8 = 0x12;
/// `Sample.value`, field 1, eight bytes.
const VALUE: u8 = 0x09;
/// `Sample.timestamp`, field 2, a varint.
const TIMESTAMP: u8 = 0x10;

/// Appends a label of a series, as `TimeSeries` holds it.
pub(super) fn write_label(out: &mut Vec<u8>, name: &str, value: &str) {
    out.push(FIRST);
    write_varint(
        out,
        (bytes_length(name.len()) + bytes_length(value.len())) as u64,
    );
    write_bytes(out, FIRST, name.as_bytes());
    write_bytes(out, SECOND, value.as_bytes());
}

/// Appends a series with one sample to a `WriteRequest`. Its labels come in pieces that were written before.
pub(super) fn write_series(out: &mut Vec<u8>, labels: &[&[u8]], value: f64, timestamp: u64) {
    let sample = 1 + 8 + 1 + varint_length(timestamp);
    let length = labels.iter().map(|piece| piece.len()).sum::<usize>() + bytes_length(sample);
    out.push(FIRST);
    write_varint(out, length as u64);
    for piece in labels {
        out.extend_from_slice(piece);
    }
    out.push(SECOND);
    write_varint(out, sample as u64);
    out.push(VALUE);
    out.extend_from_slice(&value.to_le_bytes());
    out.push(TIMESTAMP);
    write_varint(out, timestamp);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_are_those_of_the_specification() {
        for (n, bytes) in [
            (0, &[0][..]),
            (1, &[1]),
            (127, &[0x7f]),
            (128, &[0x80, 0x01]),
            // The example of "Encoding" at protobuf.dev.
            (150, &[0x96, 0x01]),
            (16_383, &[0xff, 0x7f]),
            (16_384, &[0x80, 0x80, 0x01]),
            (
                u64::MAX,
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            ),
        ] {
            let mut out = Vec::new();
            write_varint(&mut out, n);
            assert_eq!(out, bytes, "{n}");
            assert_eq!(varint_length(n), bytes.len(), "{n}");
        }
    }

    #[test]
    fn a_series_is_its_labels_and_one_sample() {
        let mut labels = Vec::new();
        write_label(&mut labels, "__name__", "up");
        assert_eq!(labels, b"\x0a\x0e\x0a\x08__name__\x12\x02up");
        let mut out = Vec::new();
        write_series(&mut out, &[&labels], 1.0, 150);
        let mut expected = b"\x0a\x1e".to_vec();
        expected.extend_from_slice(&labels);
        expected.extend_from_slice(b"\x12\x0c\x09\0\0\0\0\0\0\xf0\x3f\x10\x96\x01");
        assert_eq!(out, expected);
    }
}
