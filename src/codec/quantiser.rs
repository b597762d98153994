//! A latent block at one quality: labels ↔ latents in exact integers (SPEC.md section 8).

use crate::model::{interpolate, LatentBlock, ADAPTATION, CODEBOOK_WORDS, CORE_RADIUS};
use crate::nn::Tensor;

/// Tables of a latent block, resolved at a quality.
pub(crate) struct Quantiser<'m> {
    block: &'m LatentBlock,
    pairs: Vec<Pair>,
    scale_min: i32,
    last_table: i32,
}

/// What a latent block's tables say of a pair of channels.
struct Pair {
    channels: [Channel; 2],
    /// The codeword of two labels 0, by far the most frequent one.
    rest: [i32; 2],
}

/// What they say of one of the two channels.
struct Channel {
    step: i64,
    gain: i64,
    mean_gain: i64,
    log_scale: i32,
}

/// How much larger than the channels' own the quantiser steps at a position are: the octave in [`crate::model::SCALES_PER_OCTAVE`] parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Adaptation {
    exponent: i32,
    /// 2 to the exponent / 8, Q12.
    factor: i64,
}

impl Adaptation {
    /// The channels' own steps as they are.
    pub const NONE: Self = Self::by(0);
    /// 2^(n/8), Q12, for n = −4 … 8.
    const FACTORS: [i64; (*ADAPTATION.end() - *ADAPTATION.start()) as usize + 1] = [
        2896, 3158, 3444, 3756, 4096, 4467, 4871, 5312, 5793, 6317, 6889, 7512, 8192,
    ];

    /// The adaptation for log2 σ (Q10, normalised units) of a coding step's channels; see [`crate::model::ContextStep`].
    pub fn new(log_scales: &[i16], activity: i16, adaptation: u16) -> Self {
        let above = |&v: &i16| i64::from(v) - i64::from(activity);
        let sum: i64 = log_scales.iter().map(above).sum();
        let (low, high) = ((*ADAPTATION.start()).into(), (*ADAPTATION.end()).into());
        Self::by(rshift(sum * i64::from(adaptation), 24).clamp(low, high) as i32)
    }

    const fn by(exponent: i32) -> Self {
        Self {
            exponent,
            factor: Self::FACTORS[(exponent - *ADAPTATION.start()) as usize],
        }
    }

    /// Converts from adapted steps to the channels' own (Q6).
    #[inline]
    pub fn expand(self, value: i64) -> i64 {
        rshift(value * self.factor, 12)
    }

    /// How many of the channels' own steps an adapted step is.
    pub fn ratio(self) -> f32 {
        self.factor as f32 / 4096.0
    }

    /// Converts the other way. This is for encoders only, since both ways round.
    pub fn reduce(self, value: i64) -> i64 {
        (value << 12).div_euclid(self.factor)
    }
}

/// `(x + (1 << (s − 1))) >> s`
fn rshift(x: i64, s: u32) -> i64 {
    (x + (1 << (s - 1))) >> s
}

/// Clamp to ±(2^bits − 1).
fn saturate(x: i64, bits: u32) -> i16 {
    let limit = (1i64 << bits) - 1;
    x.clamp(-limit, limit) as i16
}

impl<'m> Quantiser<'m> {
    /// `scale_min` and `tables` (their number) are the model's.
    pub fn new(block: &'m LatentBlock, quality: u16, scale_min: i16, tables: usize) -> Self {
        let channels = usize::from(block.channels);
        let channel = |c: usize| Channel {
            step: interpolate(&block.step, channels, c, quality),
            gain: interpolate(&block.gain, channels, c, quality),
            mean_gain: interpolate(&block.mean_gain, channels, c, quality),
            log_scale: interpolate(&block.log_scale, channels, c, quality) as i32,
        };
        Self {
            block,
            pairs: (0..channels / 2)
                .map(|pair| Pair {
                    channels: [channel(2 * pair), channel(2 * pair + 1)],
                    rest: word(block, pair, [0; 2]),
                })
                .collect(),
            scale_min: scale_min.into(),
            last_table: tables as i32 - 1,
        }
    }

    pub fn channels(&self) -> usize {
        2 * self.pairs.len()
    }

    #[inline]
    fn channel(&self, channel: usize) -> &Channel {
        &self.pairs[channel / 2].channels[channel % 2]
    }

    /// Index of the frequency table for log2 σ (Q10, normalised units).
    #[inline]
    pub fn table(&self, channel: usize, log_scale: i16, adaptation: Adaptation) -> usize {
        let r = i32::from(log_scale) + self.channel(channel).log_scale;
        (((r + 64) >> 7) - adaptation.exponent - self.scale_min).clamp(0, self.last_table) as usize
    }

    /// μ (Q10, normalised units) in quantiser steps, Q6.
    #[inline]
    pub fn mean(&self, channel: usize, mean: i16) -> i64 {
        rshift(i64::from(mean) * self.channel(channel).mean_gain, 20)
    }

    /// The codeword of a pair's labels, Q6.
    #[inline]
    pub fn codeword(&self, pair: usize, labels: [i32; 2]) -> [i32; 2] {
        if labels == [0; 2] {
            return self.pairs[pair].rest;
        }
        word(self.block, pair, labels)
    }

    /// v̂ (Q6, quantiser steps) → ŷ (Q3, absolute units).
    #[inline]
    pub fn dequantise(&self, channel: usize, value: i64) -> i16 {
        saturate(rshift(value * self.channel(channel).step, 11), 15)
    }

    /// ŷ (Q3, absolute units) → n̂ (Q8, normalised units), of the channels from `first` on.
    pub fn normalise(&self, first: usize, latents: &[i16], to: &mut [i16]) {
        let norms = &self.block.norm[first..];
        for ((to, &latent), &norm) in to.iter_mut().zip(latents).zip(norms) {
            *to = normalise(latent, norm);
        }
    }

    /// The same for a whole tensor.
    pub fn normalise_all(&self, mut latents: Tensor) -> Tensor {
        for position in latents.data.chunks_exact_mut(self.channels()) {
            for (value, &norm) in position.iter_mut().zip(&self.block.norm) {
                *value = normalise(*value, norm);
            }
        }
        latents
    }

    /// Encoder: quantiser steps per unit of y (Q3).
    pub fn steps_per_unit(&self, channel: usize) -> f32 {
        self.channel(channel).gain as f32 / 2_097_152.0
    }

    /// Encoder: y (Q3, absolute units) → v (Q6, quantiser steps), clamped far beyond what labels reach from any mean (2^27 + 2^21):
    /// squares of differences fit i64 whatever a model's gains and the adaptation.
    pub fn to_steps(&self, channel: usize, latent: i16) -> i64 {
        const LIMIT: i64 = 1 << 29;
        rshift(i64::from(latent) * self.channel(channel).gain, 15).clamp(-LIMIT, LIMIT)
    }
}

fn normalise(latent: i16, norm: u32) -> i16 {
    saturate(rshift(i64::from(latent) * i64::from(norm), 16), 14)
}

/// The codeword of a pair's labels, Q6: learned near 0, the labels themselves beyond.
fn word(block: &LatentBlock, pair: usize, [i, j]: [i32; 2]) -> [i32; 2] {
    if i.abs() > CORE_RADIUS || j.abs() > CORE_RADIUS {
        return [64 * i, 64 * j];
    }
    let word = (i + CORE_RADIUS) * (2 * CORE_RADIUS + 1) + j + CORE_RADIUS;
    block.codebook[pair * CODEBOOK_WORDS + word as usize].map(i32::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adaptation_is_bounded_and_nearly_undone() {
        assert_eq!(Adaptation::new(&[500, -500], 0, 65_535), Adaptation::NONE);
        assert_eq!(Adaptation::new(&[-1024; 4], 0, 32_768), Adaptation::by(-4));
        assert_eq!(Adaptation::new(&[1024; 4], 512, 32_768), Adaptation::by(4));
        assert_eq!(
            Adaptation::new(&[i16::MAX; 9], -9, 65_535),
            Adaptation::by(8)
        );
        assert_eq!(Adaptation::by(8).expand(64), 128);
        for n in ADAPTATION {
            let exact = f64::from(n) / 8.0;
            assert_eq!(
                Adaptation::by(n).factor,
                (exact.exp2() * 4096.0).round() as i64
            );
            let back = Adaptation::by(n).reduce(Adaptation::by(n).expand(64_000));
            assert!((back - 64_000).abs() < 16, "{n}: {back}");
        }
    }

    /// Beyond that, the encoder's squares of differences would overflow.
    #[test]
    fn extreme_gains_are_clamped() {
        let mut block = crate::testing::tiny(1).y;
        block.gain.fill(u32::MAX);
        let quantiser = Quantiser::new(&block, 300, 0, 9);
        for latent in [32_767, -32_767] {
            assert_eq!(
                quantiser.to_steps(0, latent),
                i64::from(latent.signum()) << 29
            );
        }
    }
}
