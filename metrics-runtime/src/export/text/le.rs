//! What tells the buckets of a histogram apart.

use super::number::write_bound;
use super::piece::append_short;

/// The most that is copied in one piece.
const WIDTH: usize = 32;

/// What ends the labels of each bucket of a histogram, `le="0.5"} `; `+Inf` last.
#[derive(Debug, Default)]
pub(crate) struct LeTexts {
    /// One after the other, and then as many bytes as one piece may have.
    text: Box<str>,
    ends: Box<[u32]>,
}

impl LeTexts {
    /// Of a histogram with these bounds.
    pub(crate) fn new(bounds: &[f64]) -> Self {
        let mut text = String::new();
        let ends = bounds.iter().copied().chain([f64::INFINITY]).map(|bound| {
            text.push_str("le=\"");
            write_bound(&mut text, bound);
            text.push_str("\"} ");
            // Bounds are at most 512.
            u32::try_from(text.len()).unwrap_or(0)
        });
        let ends = ends.collect();
        text.extend([' '; WIDTH]);
        Self {
            text: text.into_boxed_str(),
            ends,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    #[cfg(any(
        feature = "graphite",
        feature = "influx",
        feature = "json",
        feature = "remote-write"
    ))]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        let places = self.places();
        places.map(|(at, length)| self.text.get(at..at + length).unwrap_or_default())
    }

    /// Where each is, and how long.
    #[inline]
    pub(super) fn places(&self) -> impl Iterator<Item = (usize, usize)> {
        self.ends.iter().scan(0, |at, end| {
            let begin = std::mem::replace(at, *end as usize);
            Some((begin, *at - begin))
        })
    }

    /// Appends the one at such a place.
    #[inline]
    pub(super) fn write(&self, out: &mut String, (at, length): (usize, usize)) {
        append_short::<WIDTH>(out, &self.text, at, length);
    }
}
