//! How loud a moment is in each of several frequency bands.
//!
//! A moment is looked at through one or more sine tapers, each its own spectrum (Riedel and Sidorenko, "Minimum
//! bias multiple taper spectral estimation", 1995): their mean fluctuates less than one spectrum does, which
//! is what the larger models pay for. The bands are even on the mel scale, as hearing is.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "signal processing: small indices to and from floating point"
)]

use std::f64::consts::PI;
use std::ops::Range;

use crate::resample::RATE;

/// Samples of a moment: 32 ms.
pub(crate) const LENGTH: usize = 512;

/// What speech needs, in Hz. Mains hum and most of the rumble are below.
const LOWEST: f64 = 120.0;
const HIGHEST: f64 = 7_600.0;

/// Measures band levels in decibels. White noise of full scale is 0 dB in every band.
#[derive(Debug)]
pub(crate) struct Spectrum {
    tapers: Vec<Vec<f32>>,
    bands: Vec<Range<usize>>,
    fourier: Fourier,
    power: Vec<f32>,
}

impl Spectrum {
    /// With this many bands and tapers.
    pub(crate) fn new(bands: usize, tapers: usize) -> Self {
        Self {
            tapers: (1..=tapers).map(taper).collect(),
            bands: mel_bands(bands),
            fourier: Fourier::new(),
            power: vec![0.0; LENGTH / 2],
        }
    }

    /// How many bands there are.
    pub(crate) fn bands(&self) -> usize {
        self.bands.len()
    }

    /// Appends the level of each band during the moment `samples`, which has [`LENGTH`] of them.
    pub(crate) fn levels(&mut self, samples: &[f32], into: &mut Vec<f32>) {
        self.power.fill(0.0);
        for taper in &self.tapers {
            self.fourier.add_power(samples, taper, &mut self.power);
        }
        let share = 1.0 / self.tapers.len() as f32;
        for band in &self.bands {
            let bins = &self.power[band.clone()];
            let mean = bins.iter().sum::<f32>() * share / bins.len() as f32;
            // The smallest number keeps digital silence finite, at -120 dB.
            into.push(10.0 * (mean + 1e-12).log10());
        }
    }
}

/// The `order`th sine taper, of unit energy.
fn taper(order: usize) -> Vec<f32> {
    let scale = (2.0 / (LENGTH + 1) as f64).sqrt();
    let step = PI * order as f64 / (LENGTH + 1) as f64;
    (1..=LENGTH)
        .map(|n| (scale * (step * n as f64).sin()) as f32)
        .collect()
}

/// Ranges of bins, none of them empty.
fn mel_bands(count: usize) -> Vec<Range<usize>> {
    let mel = |hertz: f64| 2_595.0 * (1.0 + hertz / 700.0).log10();
    let hertz = |mel: f64| 700.0 * (10.0_f64.powf(mel / 2_595.0) - 1.0);
    let bin = |hertz: f64| (hertz * LENGTH as f64 / f64::from(RATE)).round() as usize;
    let (low, high) = (mel(LOWEST), mel(HIGHEST));
    let mut start = bin(LOWEST);
    (1..=count)
        .map(|index| {
            let edge = low + (high - low) * index as f64 / count as f64;
            let end = bin(hertz(edge)).max(start + 1);
            let band = start..end;
            start = end;
            band
        })
        .collect()
}

/// A fast Fourier transform of [`LENGTH`] points, radix 2.
#[derive(Debug)]
struct Fourier {
    /// Where the bits of an index, reversed, point to.
    order: Vec<usize>,
    cosines: Vec<f32>,
    sines: Vec<f32>,
    real: Vec<f32>,
    imaginary: Vec<f32>,
}

impl Fourier {
    fn new() -> Self {
        let bits = LENGTH.trailing_zeros();
        let angle = |k: usize| -2.0 * PI * k as f64 / LENGTH as f64;
        Self {
            order: (0..LENGTH)
                .map(|index| index.reverse_bits() >> (usize::BITS - bits))
                .collect(),
            cosines: (0..LENGTH / 2).map(|k| angle(k).cos() as f32).collect(),
            sines: (0..LENGTH / 2).map(|k| angle(k).sin() as f32).collect(),
            real: vec![0.0; LENGTH],
            imaginary: vec![0.0; LENGTH],
        }
    }

    /// Adds the power of each bin of the tapered samples.
    fn add_power(&mut self, samples: &[f32], taper: &[f32], power: &mut [f32]) {
        for (index, (sample, weight)) in samples.iter().zip(taper).enumerate() {
            self.real[self.order[index]] = sample * weight;
        }
        self.imaginary.fill(0.0);
        self.transform();
        for (bin, sum) in power.iter_mut().enumerate() {
            *sum += self.real[bin].powi(2) + self.imaginary[bin].powi(2);
        }
    }

    fn transform(&mut self) {
        let mut half = 1;
        while half < LENGTH {
            let stride = LENGTH / (2 * half);
            let real = self.real.chunks_exact_mut(2 * half);
            let imaginary = self.imaginary.chunks_exact_mut(2 * half);
            for (real, imaginary) in real.zip(imaginary) {
                let (real, real_odd) = real.split_at_mut(half);
                let (imaginary, imaginary_odd) = imaginary.split_at_mut(half);
                for k in 0..half {
                    let (cosine, sine) = (self.cosines[k * stride], self.sines[k * stride]);
                    let a = real_odd[k] * cosine - imaginary_odd[k] * sine;
                    let b = real_odd[k] * sine + imaginary_odd[k] * cosine;
                    real_odd[k] = real[k] - a;
                    imaginary_odd[k] = imaginary[k] - b;
                    real[k] += a;
                    imaginary[k] += b;
                }
            }
            half *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_definition() {
        let samples: Vec<f32> = (0..LENGTH).map(|n| ((n * n) % 17) as f32 / 17.0).collect();
        let ones = vec![1.0; LENGTH];
        let mut power = vec![0.0; LENGTH / 2];
        Fourier::new().add_power(&samples, &ones, &mut power);
        for bin in [0, 1, 37, 255] {
            let (mut a, mut b) = (0.0, 0.0);
            for (n, sample) in samples.iter().enumerate() {
                let angle = -2.0 * PI * (bin * n) as f64 / LENGTH as f64;
                a += f64::from(*sample) * angle.cos();
                b += f64::from(*sample) * angle.sin();
            }
            let expected = a * a + b * b;
            let found = f64::from(power[bin]);
            assert!(
                (found - expected).abs() <= 1e-3 * expected.max(1.0),
                "{bin}"
            );
        }
    }

    #[test]
    fn a_tone_is_loudest_in_its_band() {
        let mut spectrum = Spectrum::new(32, 3);
        let samples: Vec<f32> = (0..LENGTH)
            .map(|n| (2.0 * PI * 1_000.0 * n as f64 / f64::from(RATE)).sin() as f32)
            .collect();
        let mut levels = Vec::new();
        spectrum.levels(&samples, &mut levels);
        let loudest = (0..32).max_by(|a, b| levels[*a].total_cmp(&levels[*b]));
        // 1 kHz is bin 32.
        assert!(spectrum.bands[loudest.expect("32 bands")].contains(&32));
    }

    #[test]
    fn bands_follow_each_other() {
        for count in [16, 24, 32, 48, 64] {
            let bands = mel_bands(count);
            assert_eq!(bands.len(), count);
            assert!(bands.iter().all(|band| !band.is_empty()));
            assert!(bands.windows(2).all(|pair| pair[0].end == pair[1].start));
            assert!(bands[count - 1].end <= LENGTH / 2);
        }
    }

    #[test]
    fn silence_is_finite() {
        let mut levels = Vec::new();
        Spectrum::new(16, 1).levels(&[0.0; LENGTH], &mut levels);
        assert!(levels.iter().all(|level| (level + 120.0).abs() < 0.1));
    }
}
