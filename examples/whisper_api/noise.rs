//! How loud the background is in each band, and how far a moment stands out from it.
//!
//! The background is the level that a band is below for a small share of the time, over the ten seconds
//! around: speech has pauses, and between two syllables nearly every band falls to the background. It adapts
//! to a fan that is switched on, and it needs no quiet at the start. Only these ten seconds are kept, so the
//! length of the input does not matter.

use std::collections::VecDeque;

/// Blocks on either side that a block's background is taken from.
const AROUND: usize = 2;
/// The length of a block.
const BLOCK_SECONDS: f64 = 2.0;
/// The share of the time that a band is at its background or below.
const QUIET_SHARE: f32 = 0.15;
/// Below this, in decibels, nobody hears anything: a background is never taken to be lower.
const INAUDIBLE: f32 = -75.0;
/// One band counts for no more than this many decibels: a hum or a whistle is not speech.
const MOST: f32 = 30.0;

/// Levels are counted by the decibel, from -120 up.
const LOWEST_LEVEL: f32 = -120.0;
const LEVELS: usize = 160;

/// Compares moments with their background, some seconds after it got them.
#[derive(Debug)]
pub(crate) struct Background {
    bands: usize,
    block: usize,
    blocks: VecDeque<Block>,
    /// The first block that has not been compared.
    next: usize,
}

#[derive(Debug)]
struct Block {
    /// Band levels, moment by moment; empty once compared.
    levels: Vec<f32>,
    /// How often each band had each level.
    counts: Vec<u16>,
}

impl Background {
    /// For moments of `bands` levels, `hop` seconds apart.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "some thousand moments"
    )]
    pub(crate) fn new(bands: usize, hop: f64) -> Self {
        Self {
            bands,
            block: (BLOCK_SECONDS / hop).ceil() as usize,
            blocks: VecDeque::new(),
            next: 0,
        }
    }

    /// Takes the levels of one moment, and gives `compared` the scores of the moments that can be told now.
    pub(crate) fn push(&mut self, levels: &[f32], compared: impl FnMut(f32)) {
        let full = |block: &Block| block.levels.len() >= self.block * self.bands;
        if self.blocks.back().is_none_or(full) {
            self.settle(AROUND, compared);
            self.blocks.push_back(Block {
                levels: Vec::with_capacity(self.block * self.bands),
                counts: vec![0; self.bands * LEVELS],
            });
        }
        if let Some(block) = self.blocks.back_mut() {
            block.levels.extend_from_slice(levels);
            for (band, level) in levels.iter().enumerate() {
                let count = &mut block.counts[band * LEVELS + step(*level)];
                *count = count.saturating_add(1);
            }
        }
    }

    /// Takes the end of the input, and gives `compared` the scores of the moments that are left.
    pub(crate) fn finish(&mut self, compared: impl FnMut(f32)) {
        self.settle(0, compared);
    }

    /// Compares the blocks that `after` others follow.
    fn settle(&mut self, after: usize, mut compared: impl FnMut(f32)) {
        while self.next + after < self.blocks.len() {
            let background = self.background();
            let levels = std::mem::take(&mut self.blocks[self.next].levels);
            for moment in levels.chunks_exact(self.bands) {
                compared(score(moment, &background));
            }
            self.next += 1;
            if self.next > AROUND {
                self.blocks.pop_front();
                self.next -= 1;
            }
        }
    }

    /// The background of each band around the next block.
    fn background(&self) -> Vec<f32> {
        let last = (self.next + AROUND + 1).min(self.blocks.len());
        let around = self.next.saturating_sub(AROUND)..last;
        (0..self.bands)
            .map(|band| {
                let mut counts = [0_u16; LEVELS];
                for block in self.blocks.range(around.clone()) {
                    let own = &block.counts[band * LEVELS..(band + 1) * LEVELS];
                    for (sum, count) in counts.iter_mut().zip(own) {
                        *sum = sum.saturating_add(*count);
                    }
                }
                quiet_level(&counts).max(INAUDIBLE)
            })
            .collect()
    }
}

/// By how many decibels a moment exceeds the background, on average over the bands.
#[expect(clippy::cast_precision_loss, reason = "at most 64 bands")]
fn score(levels: &[f32], background: &[f32]) -> f32 {
    let excess = levels.iter().zip(background);
    let sum: f32 = excess
        .map(|(level, background)| (level - background).clamp(0.0, MOST))
        .sum();
    sum / levels.len() as f32
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from floating point saturates"
)]
fn step(level: f32) -> usize {
    ((level - LOWEST_LEVEL).round() as usize).min(LEVELS - 1)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "some thousand moments, 160 levels"
)]
fn quiet_level(counts: &[u16]) -> f32 {
    let all: u32 = counts.iter().map(|count| u32::from(*count)).sum();
    let mut left = all as f32 * QUIET_SHARE;
    for (level, count) in counts.iter().enumerate() {
        left -= f32::from(*count);
        if left < 0.0 {
            return LOWEST_LEVEL + level as f32;
        }
    }
    LOWEST_LEVEL
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One band, one moment every 0.1 s.
    fn scores(levels: impl Iterator<Item = f32>) -> Vec<f32> {
        let mut background = Background::new(1, 0.1);
        let mut scores = Vec::new();
        for level in levels {
            background.push(&[level], |score| scores.push(score));
        }
        background.finish(|score| scores.push(score));
        scores
    }

    #[test]
    fn every_moment_gets_its_score_in_order() {
        for length in [0, 1, 19, 20, 21, 99, 1_000] {
            // Louder by a decibel every fifth moment.
            let levels = (0..length).map(|n| if n % 5 == 4 { -49.0 } else { -50.0 });
            let expected: Vec<f32> = (0..length)
                .map(|n| if n % 5 == 4 { 1.0 } else { 0.0 })
                .collect();
            if length > 20 {
                assert_eq!(scores(levels), expected, "{length}");
            } else {
                assert_eq!(scores(levels).len(), length);
            }
        }
    }

    #[test]
    fn it_follows_a_louder_background() {
        let levels = (0..600).map(|n| if n < 300 { -60.0 } else { -40.0 });
        let scores = scores(levels);
        assert!(scores[..200].iter().all(|score| *score < 1.0));
        assert!(scores[400..].iter().all(|score| *score < 1.0));
    }

    #[test]
    fn what_nobody_hears_does_not_stand_out() {
        let faint = (0..100).map(|n| if n % 10 == 0 { -80.0 } else { -120.0 });
        assert!(scores(faint).iter().all(|score| *score == 0.0));
    }

    #[test]
    fn memory_does_not_grow() {
        let mut background = Background::new(4, 0.1);
        for _ in 0..10_000 {
            background.push(&[-50.0; 4], |_| ());
            assert!(background.blocks.len() <= 2 * AROUND + 1);
        }
    }
}
