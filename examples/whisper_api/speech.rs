//! From scores to segments, with hysteresis: it takes more to begin a segment than to go on with it.

use crate::engine::{Hundredths, Segment};

/// Speech begins when the mean excess over the background is above `LOUD`, in decibels, and reaches as far to
/// both sides as it stays above `AUDIBLE`.
const LOUD: f32 = 9.0;
const AUDIBLE: f32 = 6.0;
/// What is shorter is a click, in seconds.
const SHORTEST_SPEECH: f64 = 0.08;
/// A shorter pause is part of the speech around it, in seconds.
const SHORTEST_SILENCE: f64 = 0.3;

/// Turns the scores of moments into segments.
#[derive(Debug)]
pub(crate) struct Speech {
    hop: f64,
    /// How many moments have been.
    moments: u32,
    state: State,
    segments: Vec<Segment>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Nothing to be heard.
    Silent,
    /// Something, since a moment.
    Audible { since: u32 },
    /// Somebody speaks, and was last audible then.
    Speaking { since: u32, last: u32 },
}

impl Speech {
    /// For moments `hop` seconds apart.
    pub(crate) fn new(hop: f64) -> Self {
        Self {
            hop,
            moments: 0,
            state: State::Silent,
            segments: Vec::new(),
        }
    }

    /// Takes the score of the next moment.
    pub(crate) fn push(&mut self, score: f32) {
        let now = self.moments;
        self.moments = self.moments.saturating_add(1);
        self.state = match self.state {
            State::Speaking { since, .. } if score >= AUDIBLE => {
                State::Speaking { since, last: now }
            }
            State::Speaking { since, last } if self.seconds(now - last) >= SHORTEST_SILENCE => {
                self.emit(since, last);
                State::Silent
            }
            speaking @ State::Speaking { .. } => speaking,
            State::Silent if score >= LOUD => State::Speaking {
                since: now,
                last: now,
            },
            State::Audible { since } if score >= LOUD => State::Speaking { since, last: now },
            State::Silent if score >= AUDIBLE => State::Audible { since: now },
            audible @ State::Audible { .. } if score >= AUDIBLE => audible,
            State::Silent | State::Audible { .. } => State::Silent,
        };
    }

    /// The segments of an input of this length.
    pub(crate) fn finish(mut self, seconds: f64) -> Vec<Segment> {
        if let State::Speaking { since, last } = self.state {
            self.emit(since, last);
        }
        let end = Hundredths::from_seconds(seconds);
        for segment in &mut self.segments {
            segment.end = segment.end.min(end);
        }
        self.segments
    }

    fn emit(&mut self, since: u32, last: u32) {
        if self.seconds(last - since) >= SHORTEST_SPEECH {
            self.segments.push(Segment {
                start: Hundredths::from_seconds(self.seconds(since)),
                end: Hundredths::from_seconds(self.seconds(last)),
            });
        }
    }

    fn seconds(&self, moments: u32) -> f64 {
        f64::from(moments) * self.hop
    }
}
