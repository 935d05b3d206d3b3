//! Uploads: RIFF/WAVE with PCM or float samples, read without ever trusting a size in the file.
//!
//! [`decode`] finds everything that can be wrong with an upload, so that what it returns can be read to its
//! end. The samples themselves stay as they came and are converted piece by piece ([`Audio::mono`]): an hour
//! of audio takes the memory of the upload and no more, and a cancelled job stops between two pieces.
//!
//! The format: Multimedia Programming Interface and Data Specifications 1.0 (RIFF, WAVE), and Microsoft's
//! `WAVEFORMATEXTENSIBLE`.

use std::fmt;
use std::ops::Range;

use axum::body::Bytes;
use instrumetrics::{counted, timed};

/// Below this a file is rather a broken header than a recording.
const LOWEST_RATE: u32 = 4_000;
/// The highest rate that sound cards offer.
const HIGHEST_RATE: u32 = 384_000;

const PCM: u16 = 1;
const IEEE_FLOAT: u16 = 3;
const EXTENSIBLE: u16 = 0xFFFE;
/// What follows the format code in the GUID of a `WAVEFORMATEXTENSIBLE`.
const GUID_TAIL: [u8; 14] = [
    0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71,
];
/// The size that a program writes which streams and cannot know it.
const UNKNOWN_SIZE: usize = 0xFFFF_FFFF;

/// Why an upload is not audio that this service reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum WavError {
    /// No bytes, or a WAV without samples.
    Empty,
    /// Something else.
    NotWav(&'static str),
    /// It ends before what it announces.
    Truncated(&'static str),
    /// A WAV, but not one of these samples.
    Unsupported(&'static str),
}

impl WavError {
    /// The code that the client and the metrics get.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty_body",
            Self::NotWav(_) => "not_wav",
            Self::Truncated(_) => "truncated",
            Self::Unsupported(_) => "unsupported_format",
        }
    }
}

impl fmt::Display for WavError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there is no audio in the body"),
            Self::NotWav(what) => write!(f, "the body is not a WAV file: {what}"),
            Self::Truncated(what) => write!(f, "the WAV file is cut off: {what}"),
            Self::Unsupported(what) => write!(f, "the WAV file's format is not supported: {what}"),
        }
    }
}

impl std::error::Error for WavError {}

/// How one sample is written, always little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Unsigned8,
    Signed16,
    Signed24,
    Signed32,
    Float32,
}

impl Encoding {
    fn from_code(code: u16, bits: u16) -> Option<Self> {
        match (code, bits) {
            (PCM, 8) => Some(Self::Unsigned8),
            (PCM, 16) => Some(Self::Signed16),
            (PCM, 24) => Some(Self::Signed24),
            (PCM, 32) => Some(Self::Signed32),
            (IEEE_FLOAT, 32) => Some(Self::Float32),
            _ => None,
        }
    }

    const fn width(self) -> usize {
        match self {
            Self::Unsigned8 => 1,
            Self::Signed16 => 2,
            Self::Signed24 => 3,
            Self::Signed32 | Self::Float32 => 4,
        }
    }

    /// One sample as -1.0 to 1.0; what is not a number is silence.
    fn sample(self, bytes: &[u8]) -> f32 {
        match (self, bytes) {
            (Self::Unsigned8, &[a]) => (f32::from(a) - 128.0) / 128.0,
            (Self::Signed16, &[a, b]) => f32::from(i16::from_le_bytes([a, b])) / 32_768.0,
            (Self::Signed24, &[a, b, c]) => integer([0, a, b, c]),
            (Self::Signed32, &[a, b, c, d]) => integer([a, b, c, d]),
            (Self::Float32, &[a, b, c, d]) => {
                let value = f32::from_le_bytes([a, b, c, d]);
                if value.is_nan() {
                    0.0
                } else {
                    value.clamp(-1.0, 1.0)
                }
            }
            _ => 0.0,
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "24 bits of a sample are more than any microphone has"
)]
fn integer(bytes: [u8; 4]) -> f32 {
    i32::from_le_bytes(bytes) as f32 / 2_147_483_648.0
}

#[derive(Clone, Copy, Debug)]
struct Format {
    encoding: Encoding,
    channels: u16,
    rate: u32,
}

impl Format {
    /// Reads the content of a `fmt ` chunk.
    fn parse(chunk: &[u8]) -> Result<Self, WavError> {
        let short = WavError::NotWav("its `fmt ` chunk is too short");
        let mut code = u16_at(chunk, 0).ok_or(short)?;
        let channels = u16_at(chunk, 2).ok_or(short)?;
        let rate = u32_at(chunk, 4).ok_or(short)?;
        let block = u16_at(chunk, 12).ok_or(short)?;
        let bits = u16_at(chunk, 14).ok_or(short)?;
        if code == EXTENSIBLE {
            let guid = chunk.get(24..40).ok_or(short)?;
            if guid[2..] != GUID_TAIL {
                return Err(WavError::Unsupported("an unknown sub-format"));
            }
            code = u16_at(guid, 0).ok_or(short)?;
        }
        let encoding = Encoding::from_code(code, bits).ok_or(WavError::Unsupported(
            "samples must be PCM of 8, 16, 24 or 32 bits, or float of 32 bits",
        ))?;
        if channels == 0 {
            return Err(WavError::Unsupported("it has no channels"));
        }
        if !(LOWEST_RATE..=HIGHEST_RATE).contains(&rate) {
            return Err(WavError::Unsupported(
                "the sample rate must be from 4,000 to 384,000 Hz",
            ));
        }
        if usize::from(block) != encoding.width() * usize::from(channels) {
            return Err(WavError::Unsupported(
                "the samples of a frame do not fill it",
            ));
        }
        Ok(Self {
            encoding,
            channels,
            rate,
        })
    }

    fn frame_bytes(self) -> usize {
        self.encoding.width() * usize::from(self.channels)
    }
}

/// An upload that is known to be readable.
#[derive(Clone, Debug)]
pub(crate) struct Audio {
    bytes: Bytes,
    /// Whole frames only, inside `bytes`.
    samples: Range<usize>,
    format: Format,
}

impl Audio {
    /// Samples per channel.
    pub(crate) fn frames(&self) -> usize {
        self.samples.len() / self.format.frame_bytes()
    }

    /// Samples per channel and second.
    pub(crate) fn rate(&self) -> u32 {
        self.format.rate
    }

    /// Its length in seconds.
    #[expect(
        clippy::cast_precision_loss,
        reason = "an upload has far fewer than 2^53 frames"
    )]
    pub(crate) fn seconds(&self) -> f64 {
        self.frames() as f64 / f64::from(self.format.rate)
    }

    /// How many frames to read at a time, so that a piece is at most `bytes` long where a frame allows it.
    pub(crate) fn frames_in(&self, bytes: usize) -> usize {
        (bytes / self.format.frame_bytes()).max(1)
    }

    /// Replaces `into` by the frames of `range`, channels averaged; what is past the end is left out.
    pub(crate) fn mono(&self, range: Range<usize>, into: &mut Vec<f32>) {
        into.clear();
        let frame = self.format.frame_bytes();
        let start = range.start.min(self.frames()) * frame;
        let end = range.end.min(self.frames()) * frame;
        let samples = &self.bytes[self.samples.clone()];
        let encoding = self.format.encoding;
        let share = 1.0 / f32::from(self.format.channels);
        into.extend(
            samples
                .get(start..end)
                .unwrap_or_default()
                .chunks_exact(frame)
                .map(|frame| {
                    let channels = frame.chunks_exact(encoding.width());
                    channels.map(|bytes| encoding.sample(bytes)).sum::<f32>() * share
                }),
        );
    }
}

/// Finds the samples of an upload and how they are written.
///
/// # Errors
///
/// Whatever is wrong with the upload is found here.
#[timed("whisper_decode_duration_seconds", outcome)]
#[counted("whisper_decodes_total", outcome)]
pub(crate) fn decode(bytes: Bytes) -> Result<Audio, WavError> {
    if bytes.is_empty() {
        return Err(WavError::Empty);
    }
    let announced = riff(&bytes)?;
    let mut format = None;
    let mut at = 12;
    loop {
        let size = u32_at(&bytes, at + 4).ok_or(WavError::Truncated("no `data` chunk"))? as usize;
        let content = at + 8;
        let left = bytes.len() - content;
        match &bytes[at..at + 4] {
            b"fmt " => {
                let chunk = bytes.get(content..content + size.min(left));
                if size > left {
                    return Err(WavError::Truncated("it ends in its `fmt ` chunk"));
                }
                format = Some(Format::parse(chunk.unwrap_or_default())?);
            }
            b"data" => {
                let format =
                    format.ok_or(WavError::NotWav("no `fmt ` chunk before its samples"))?;
                let streamed = announced == UNKNOWN_SIZE && size == UNKNOWN_SIZE;
                if size > left && !streamed {
                    return Err(WavError::Truncated("fewer samples than announced"));
                }
                let length = size.min(left) / format.frame_bytes() * format.frame_bytes();
                if length == 0 {
                    return Err(WavError::Empty);
                }
                return Ok(Audio {
                    samples: content..content + length,
                    bytes,
                    format,
                });
            }
            _ if size > left => {
                return Err(WavError::Truncated("it ends in a chunk before its samples"));
            }
            _ => {}
        }
        // Chunks are padded to even lengths. `size` fits, so this is at most one past the end.
        at = content + size + size % 2;
    }
}

/// Checks the twelve bytes at the start and returns the size that the file announces for itself.
fn riff(bytes: &[u8]) -> Result<usize, WavError> {
    let (head, rest) = bytes.split_at(bytes.len().min(4));
    match head {
        b"RIFF" => {}
        b"RIFX" | b"RF64" => {
            return Err(WavError::Unsupported(
                "only little-endian RIFF files are read",
            ));
        }
        _ if b"RIFF".starts_with(head) => {
            return Err(WavError::Truncated("it ends in its header"));
        }
        _ => return Err(WavError::NotWav("it does not begin with `RIFF`")),
    }
    let kind = rest.get(4..).unwrap_or_default();
    if kind.len() < 4 && b"WAVE".starts_with(kind) {
        return Err(WavError::Truncated("it ends in its header"));
    }
    if !kind.starts_with(b"WAVE") {
        return Err(WavError::NotWav("a RIFF file, but not of the kind `WAVE`"));
    }
    Ok(u32_at(bytes, 4).map_or(0, |size| size as usize))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
pub(crate) mod tests;
