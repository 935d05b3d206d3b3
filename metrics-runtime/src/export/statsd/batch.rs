//! Lines packed into packets, and what becomes delivered with each.

use crate::export::push::Place;
use std::ops::Range;

/// As many bytes are packed before they are sent. More would be memory for nothing.
const BATCH_BYTES: usize = 64 * 1024;

/// A line, or two that may not be parted, and what the baseline has when it is delivered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) place: Place,
    /// Which number of the series it delivers, and up to where; none where it is one recording of many.
    pub(super) number: Option<usize>,
    pub(super) value: u64,
    /// The bits of a histogram's sum after it.
    pub(super) sum: Option<u64>,
    pub(super) recordings: u64,
}

/// Packets that are sent one after the other.
#[derive(Debug)]
pub(super) struct Batch {
    /// Bytes of a packet at most.
    limit: usize,
    text: String,
    /// Where each packet that is full ends; what follows the last is another.
    ends: Vec<usize>,
    /// Lines, each with where it ends.
    lines: Vec<(usize, Line)>,
    /// Lines that no packet can take.
    too_long: Vec<Line>,
}

impl Batch {
    pub(super) const fn new(limit: usize) -> Self {
        Self {
            limit,
            text: String::new(),
            ends: Vec::new(),
            lines: Vec::new(),
            too_long: Vec::new(),
        }
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.lines.clear();
        self.too_long.clear();
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) const fn is_full(&self) -> bool {
        self.text.len() >= BATCH_BYTES
    }

    /// Packs what `write` appends, which ends with a line feed.
    pub(super) fn push(&mut self, line: Line, write: impl FnOnce(&mut String)) {
        let begin = self.text.len();
        write(&mut self.text);
        let end = self.text.len();
        // The last line feed of a datagram is not sent.
        if end - begin - 1 > self.limit {
            self.text.truncate(begin);
            self.too_long.push(line);
            return;
        }
        let packet = self.ends.last().copied().unwrap_or(0);
        if end - packet - 1 > self.limit {
            self.ends.push(begin);
        }
        self.lines.push((end, line));
    }

    /// Where each packet begins and ends.
    pub(super) fn packet(&self, index: usize) -> Option<Range<usize>> {
        let begin = match index.checked_sub(1) {
            None => 0,
            Some(before) => *self.ends.get(before)?,
        };
        let end = self.ends.get(index).copied().unwrap_or(self.text.len());
        (begin < end).then_some(begin..end)
    }

    pub(super) fn bytes(&self, of: Range<usize>) -> &[u8] {
        self.text.as_bytes().get(of).unwrap_or_default()
    }

    /// The lines that end in these bytes.
    pub(super) fn lines(&self, within: Range<usize>) -> impl Iterator<Item = &Line> {
        let first = self.lines.partition_point(|(end, _)| *end <= within.start);
        self.lines
            .get(first..)
            .unwrap_or_default()
            .iter()
            .take_while(move |(end, _)| *end <= within.end)
            .map(|(_, line)| line)
    }

    /// The line that is cut by a packet's end at this byte, with where it ends.
    pub(super) fn cut_at(&self, at: usize) -> Option<(usize, &Line)> {
        let first = self.lines.partition_point(|(end, _)| *end <= at);
        let (end, line) = self.lines.get(first)?;
        let begin = first
            .checked_sub(1)
            .and_then(|before| self.lines.get(before))
            .map_or(0, |(end, _)| *end);
        (begin < at).then_some((*end, line))
    }

    pub(super) fn too_long(&self) -> &[Line] {
        &self.too_long
    }
}
