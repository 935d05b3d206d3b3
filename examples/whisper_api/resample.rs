//! To 16 kHz, piece by piece, with a windowed-sinc low-pass.
//!
//! Every output sample is the sum of the input around its place, weighted with a Kaiser-windowed sinc. Going
//! down, the sinc is as wide as the lower rate asks for, so nothing folds back; going up, it removes the
//! images. Places are kept as integers, so nothing drifts however long the input is.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "signal processing: small indices to and from floating point"
)]

use std::f64::consts::PI;

/// The rate that the engine works at, in Hz.
pub(crate) const RATE: u32 = 16_000;

/// Zero crossings of the sinc on either side.
const CROSSINGS: usize = 16;
/// Table entries between two crossings; between two entries the kernel is a line.
const RESOLUTION: usize = 256;
/// The shape of the Kaiser window: 80 dB of attenuation.
const BETA: f64 = 8.0;
/// Where the filter's edge is, as a share of the lower Nyquist frequency; the slope ends at that frequency.
const EDGE: f64 = 0.92;

/// Turns samples of any rate into samples at [`RATE`].
#[derive(Debug)]
pub(crate) struct Resampler {
    rate: u64,
    /// Kernel table entries per input sample.
    step: f32,
    /// Input samples on either side of an output sample.
    reach: usize,
    gain: f32,
    kernel: Vec<f32>,
    /// Input that is still needed; the first of it is sample `first - reach` of the input.
    window: Vec<f32>,
    first: u64,
    received: u64,
    written: u64,
}

impl Resampler {
    /// For input of `rate` samples per second.
    pub(crate) fn new(rate: u32) -> Self {
        let width = EDGE * (f64::from(RATE) / f64::from(rate)).min(1.0);
        let reach = (CROSSINGS as f64 / width).ceil() as usize;
        Self {
            rate: u64::from(rate),
            step: (width * RESOLUTION as f64) as f32,
            reach,
            gain: width as f32,
            kernel: kernel(),
            // Silence before the first sample.
            window: vec![0.0; reach],
            first: 0,
            received: 0,
            written: 0,
        }
    }

    /// Takes the next samples and appends what can be said now.
    pub(crate) fn push(&mut self, input: &[f32], into: &mut Vec<f32>) {
        if self.rate == u64::from(RATE) {
            into.extend_from_slice(input);
            return;
        }
        self.received += input.len() as u64;
        self.window.extend_from_slice(input);
        self.write(into);
    }

    /// Takes the end of the input and appends the rest.
    pub(crate) fn finish(&mut self, into: &mut Vec<f32>) {
        self.window.resize(self.window.len() + self.reach + 1, 0.0);
        self.write(into);
    }

    fn write(&mut self, into: &mut Vec<f32>) {
        let rate = u64::from(RATE);
        loop {
            let place = self.written * self.rate;
            let sample = place / rate;
            // In the window `sample` is at `reach` past its distance from `first`.
            let start = (sample - self.first) as usize;
            let Some(around) = self.window.get(start..=start + 2 * self.reach) else {
                break;
            };
            if sample >= self.received {
                break;
            }
            let fraction = (place % rate) as f64 / f64::from(RATE);
            into.push(self.weigh(around, fraction));
            self.written += 1;
        }
        let next = (self.written * self.rate / rate).min(self.received);
        let done = (next - self.first) as usize;
        self.window.drain(..done);
        self.first = next;
    }

    /// The sum of the samples `around` the place `fraction` past their middle one.
    fn weigh(&self, around: &[f32], fraction: f64) -> f32 {
        let from = (-(self.reach as f64) - fraction) as f32;
        let sum: f32 = around
            .iter()
            .enumerate()
            .map(|(index, sample)| sample * self.at((from + index as f32).abs()))
            .sum();
        sum * self.gain
    }

    /// The kernel at a distance in input samples.
    fn at(&self, distance: f32) -> f32 {
        let place = distance * self.step;
        let index = place as u32;
        let Some(&[low, high]) = self.kernel.get(index as usize..index as usize + 2) else {
            return 0.0;
        };
        low + (high - low) * (place - index as f32)
    }
}

/// One side of the kernel, from its middle.
fn kernel() -> Vec<f32> {
    (0..=CROSSINGS * RESOLUTION)
        .map(|index| {
            let x = index as f64 / RESOLUTION as f64;
            let sinc = if index == 0 {
                1.0
            } else {
                (PI * x).sin() / (PI * x)
            };
            let inside = 1.0 - (x / CROSSINGS as f64).powi(2);
            (sinc * bessel(BETA * inside.max(0.0).sqrt()) / bessel(BETA)) as f32
        })
        .collect()
}

/// The modified Bessel function of the first kind and order 0, by its series.
fn bessel(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..=32 {
        term *= quarter / f64::from(k * k);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate: u32, hertz: f64, seconds: f64) -> Vec<f32> {
        (0..(seconds * f64::from(rate)) as usize)
            .map(|n| (2.0 * PI * hertz * n as f64 / f64::from(rate)).sin() as f32)
            .collect()
    }

    fn resampled(rate: u32, input: &[f32], piece: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(rate);
        let mut output = Vec::new();
        for piece in input.chunks(piece) {
            resampler.push(piece, &mut output);
        }
        resampler.finish(&mut output);
        output
    }

    /// The root mean square, without the ends.
    fn level(samples: &[f32]) -> f64 {
        let inner = &samples[400..samples.len() - 400];
        let sum: f64 = inner.iter().map(|sample| f64::from(sample * sample)).sum();
        (sum / inner.len() as f64).sqrt()
    }

    #[test]
    fn the_length_is_the_same_in_seconds() {
        for rate in [
            4_000, 8_000, 11_025, 15_999, 16_000, 44_100, 48_000, 384_000,
        ] {
            let input = vec![0.0; rate as usize + 7];
            let expected = (input.len() as u64 * 16_000).div_ceil(u64::from(rate));
            assert_eq!(
                resampled(rate, &input, 1_000).len() as u64,
                expected,
                "{rate}"
            );
        }
    }

    #[test]
    fn a_tone_keeps_its_shape() {
        for rate in [8_000, 11_025, 22_050, 44_100, 48_000, 96_000] {
            let output = resampled(rate, &tone(rate, 1_000.0, 0.5), 1_024);
            let expected = tone(16_000, 1_000.0, 0.5);
            for (n, (a, b)) in output
                .iter()
                .zip(&expected)
                .enumerate()
                .skip(400)
                .take(7_000)
            {
                assert!((a - b).abs() < 0.01, "{rate} Hz, sample {n}: {a} and {b}");
            }
        }
    }

    #[test]
    fn what_16_khz_cannot_hold_is_removed() {
        for (rate, hertz) in [(44_100, 9_000.0), (48_000, 15_000.0), (384_000, 100_000.0)] {
            let output = resampled(rate, &tone(rate, hertz, 0.5), 1_024);
            assert!(
                level(&output) < 0.001,
                "{rate}, {hertz}: {}",
                level(&output)
            );
        }
        // Nor do images of the low rate's band appear above it.
        let upward = resampled(8_000, &tone(8_000, 1_000.0, 0.5), 64);
        assert!((level(&upward) - 0.5_f64.sqrt()).abs() < 0.005);
    }

    #[test]
    fn the_pieces_do_not_matter() {
        let input = tone(44_100, 440.0, 0.2);
        let whole = resampled(44_100, &input, input.len());
        for piece in [1, 7, 1_000] {
            assert_eq!(resampled(44_100, &input, piece), whole);
        }
    }
}
