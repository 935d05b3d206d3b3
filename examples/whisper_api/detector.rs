//! The engine of this example: it finds where somebody speaks, by how far a moment stands out from the
//! background.
//!
//! Larger models look closer: more and finer bands, more spectra for each moment, and moments that overlap more.
//! That is real work, and it is done in slices with a yield between them, so a cancelled job stops within
//! milliseconds and requests are answered meanwhile.

use std::time::{Duration, Instant};

use crate::engine::{Segment, Transcriber, Transcription};
use crate::noise::Background;
use crate::resample::{RATE, Resampler};
use crate::spectrum::{LENGTH, Spectrum};
use crate::speech::Speech;
use crate::telemetry::Model;
use crate::wav::Audio;

/// How long to work before others get their turn.
const SLICE: Duration = Duration::from_millis(3);
/// Bytes of the upload, and frames of it, that are converted at a time.
const PIECE_BYTES: usize = 64 * 1024;
const PIECE_FRAMES: usize = 1_024;

/// How closely a model looks.
#[derive(Clone, Copy, Debug)]
struct Profile {
    bands: usize,
    tapers: usize,
    /// Samples between two moments.
    hop: usize,
}

impl Profile {
    const fn of(model: Model) -> Self {
        let (bands, tapers, hop) = match model {
            Model::Tiny => (16, 1, 160),
            Model::Base => (24, 2, 128),
            Model::Small => (32, 3, 96),
            Model::Medium => (48, 4, 48),
            Model::LargeV3 => (64, 6, 20),
        };
        Self { bands, tapers, hop }
    }
}

/// Finds speech by its energy. It needs no model files, and it does not find words.
#[derive(Debug, Default)]
#[non_exhaustive]
pub(crate) struct EnergyDetector;

impl Transcriber for EnergyDetector {
    fn transcribe<'a>(&'a self, model: Model, _: &'a str, audio: &'a Audio) -> Transcription<'a> {
        Box::pin(async move {
            let mut pace = Pace::start();
            let mut detection = Detection::new(Profile::of(model));
            let mut resampler = Resampler::new(audio.rate());
            let piece = audio.frames_in(PIECE_BYTES).min(PIECE_FRAMES);
            let mut frames = Vec::new();
            for start in (0..audio.frames()).step_by(piece) {
                audio.mono(start..start + piece, &mut frames);
                resampler.push(&frames, &mut detection.samples);
                while detection.step() {
                    pace.keep().await;
                }
                pace.keep().await;
            }
            resampler.finish(&mut detection.samples);
            detection.pad();
            while detection.step() {
                pace.keep().await;
            }
            Ok(detection.finish(audio.seconds()))
        })
    }
}

/// Says when it is the turn of others.
struct Pace(Instant);

impl Pace {
    fn start() -> Self {
        Self(Instant::now())
    }

    async fn keep(&mut self) {
        if self.0.elapsed() >= SLICE {
            tokio::task::yield_now().await;
            self.0 = Instant::now();
        }
    }
}

/// A detection under way.
struct Detection {
    hop: usize,
    /// At 16 kHz, from the start of the next moment.
    samples: Vec<f32>,
    /// Where in `samples` the next moment begins.
    place: usize,
    levels: Vec<f32>,
    spectrum: Spectrum,
    background: Background,
    speech: Speech,
}

impl Detection {
    fn new(profile: Profile) -> Self {
        let spectrum = Spectrum::new(profile.bands, profile.tapers);
        #[expect(clippy::cast_precision_loss, reason = "at most 160")]
        let hop = profile.hop as f64 / f64::from(RATE);
        Self {
            hop: profile.hop,
            // The first moment is around the first sample.
            samples: vec![0.0; LENGTH / 2],
            place: 0,
            levels: Vec::with_capacity(profile.bands),
            background: Background::new(spectrum.bands(), hop),
            spectrum,
            speech: Speech::new(hop),
        }
    }

    /// Looks at the next moment, if there are samples for it.
    fn step(&mut self) -> bool {
        let Some(moment) = self.samples.get(self.place..self.place + LENGTH) else {
            self.samples.drain(..self.place);
            self.place = 0;
            return false;
        };
        self.place += self.hop;
        self.levels.clear();
        self.spectrum.levels(moment, &mut self.levels);
        let speech = &mut self.speech;
        self.background
            .push(&self.levels, |score| speech.push(score));
        true
    }

    /// Lets the last moment be around the last sample.
    fn pad(&mut self) {
        self.samples.resize(self.samples.len() + LENGTH / 2, 0.0);
    }

    fn finish(mut self, seconds: f64) -> Vec<Segment> {
        let speech = &mut self.speech;
        self.background.finish(|score| speech.push(score));
        self.speech.finish(seconds)
    }
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "small sample numbers")]
mod tests {
    use std::f32::consts::TAU;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use axum::body::Bytes;

    use super::*;
    use crate::wav::{self, tests::pcm16};

    /// `examples/data/README.md` says how the file was made.
    const SPEECH: &[u8] = include_bytes!("../data/speech.wav");
    const UTTERANCES: [(f64, f64); 4] = [
        (0.600, 1.829),
        (2.530, 4.001),
        (4.551, 6.246),
        (7.046, 7.576),
    ];

    /// The segments, in seconds, and how often the engine let others run.
    fn transcribe(model: Model, file: Vec<u8>) -> (Vec<(f64, f64)>, u32) {
        let audio = wav::decode(Bytes::from(file)).expect("a WAV file");
        let mut transcription = pin!(EnergyDetector.transcribe(model, "en", &audio));
        let mut pauses = 0;
        loop {
            match transcription
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
            {
                Poll::Pending => pauses += 1,
                Poll::Ready(segments) => {
                    let seconds =
                        |segment: &Segment| (segment.start.seconds(), segment.end.seconds());
                    return (
                        segments.expect("no error").iter().map(seconds).collect(),
                        pauses,
                    );
                }
            }
        }
    }

    fn segments(model: Model, rate: u32, samples: impl Iterator<Item = f32>) -> Vec<(f64, f64)> {
        transcribe(model, pcm16(rate, samples)).0
    }

    #[track_caller]
    fn assert_near(found: &[(f64, f64)], expected: &[(f64, f64)]) {
        let near =
            |a: &(f64, f64), b: &(f64, f64)| (a.0 - b.0).abs() < 0.05 && (a.1 - b.1).abs() < 0.05;
        let all = found.iter().zip(expected).all(|(a, b)| near(a, b));
        assert!(
            found.len() == expected.len() && all,
            "{found:?} {expected:?}"
        );
    }

    /// White noise of full scale, the same every time.
    fn noise() -> impl Iterator<Item = f32> {
        let mut state = 1_u32;
        std::iter::repeat_with(move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from((state >> 16) as u16) / 32_768.0 - 1.0
        })
    }

    /// Half a second of a buzz every second, four times.
    fn buzz(rate: u16) -> impl Iterator<Item = f32> {
        (0..u32::from(rate) * 4).map(move |n| {
            let time = n as f32 / f32::from(rate);
            let pulse = (1..20).map(|k| (TAU * 150.0 * k as f32 * time).sin() / 20.0);
            if time % 1.0 < 0.5 { 0.0 } else { pulse.sum() }
        })
    }

    #[test]
    fn every_model_finds_the_utterances() {
        for model in Model::ALL {
            assert_near(&transcribe(model, SPEECH.to_vec()).0, &UTTERANCES);
        }
    }

    #[test]
    fn the_sample_rate_does_not_matter() {
        let expected: Vec<_> = (0..4)
            .map(|n| (f64::from(n) + 0.5, f64::from(n) + 1.0))
            .collect();
        for rate in [8_000, 11_025, 16_000, 44_100, 48_000] {
            let found = segments(Model::Tiny, u32::from(rate), buzz(rate));
            assert_near(&found, &expected);
        }
    }

    #[test]
    fn speech_in_noise() {
        let mixed = buzz(16_000)
            .zip(noise())
            .map(|(buzz, noise)| buzz + 0.01 * noise);
        let found = segments(Model::Base, 16_000, mixed);
        assert_near(&found, &[(0.5, 1.0), (1.5, 2.0), (2.5, 3.0), (3.5, 4.0)]);
    }

    #[test]
    fn neither_silence_nor_noise_is_speech() {
        for volume in [0.0, 0.001, 0.1, 1.0] {
            let samples = noise().take(16_000 * 25).map(|sample| sample * volume);
            assert_eq!(segments(Model::Tiny, 16_000, samples), [], "{volume}");
        }
    }

    #[test]
    fn a_few_samples_are_enough() {
        for length in [1, 2, 159, 160, 511, 512, 513] {
            assert_eq!(
                segments(Model::Tiny, 16_000, std::iter::repeat_n(0.0, length)),
                []
            );
            segments(Model::LargeV3, 4_000, noise().take(length));
        }
    }

    #[test]
    fn a_click_is_not_speech_and_a_breath_does_not_end_it() {
        let loud =
            |time: f32| time < 0.03 || (1.0..1.5).contains(&time) || (1.6..2.0).contains(&time);
        let pulses: Vec<f32> = buzz(16_000).skip(8_000).take(8_000).collect();
        let samples = pulses.into_iter().cycle().take(16_000 * 3);
        let samples = samples.enumerate().map(|(n, sample)| {
            if loud(n as f32 / 16_000.0) {
                sample
            } else {
                0.0
            }
        });
        assert_near(&segments(Model::Small, 16_000, samples), &[(1.0, 2.0)]);
    }

    #[test]
    fn others_get_their_turn() {
        let begin = Instant::now();
        let (_, pauses) = transcribe(Model::LargeV3, SPEECH.to_vec());
        let slice = begin.elapsed() / (pauses + 1);
        assert!(
            slice < Duration::from_millis(20),
            "{pauses} pauses, {slice:?} between"
        );
    }
}
