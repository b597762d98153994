//! A latent block at one quality: labels ↔ latents in exact integers (SPEC.md section 8).

use crate::model::{interpolate, LatentBlock, ADAPTATION, CODEBOOK_WORDS, CORE_RADIUS};
use crate::nn::Tensor;

/// Tables of a latent block, resolved at a quality. Indexed by channel.
pub(crate) struct Quantiser<'m> {
    block: &'m LatentBlock,
    step: Vec<i64>,
    gain: Vec<i64>,
    mean_gain: Vec<i64>,
    log_scale: Vec<i32>,
    scale_min: i32,
    last_table: i32,
}

/// How much larger than the channels' own the quantiser steps at a position are: the octave in [`crate::model::SCALES_PER_OCTAVE`] parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Adaptation(i32);

impl Adaptation {
    /// As they are.
    pub const NONE: Self = Self(0);
    /// 2^(n/8), Q12, for n = −4 … 8.
    const FACTORS: [i64; (*ADAPTATION.end() - *ADAPTATION.start()) as usize + 1] = [
        2896, 3158, 3444, 3756, 4096, 4467, 4871, 5312, 5793, 6317, 6889, 7512, 8192,
    ];

    /// For log2 σ (Q10, normalised units) of a coding step's channels, see [`crate::model::ContextStep`].
    pub fn new(log_scales: &[i16], activity: i16, adaptation: u16) -> Self {
        let above = |&v: &i16| i64::from(v) - i64::from(activity);
        let sum: i64 = log_scales.iter().map(above).sum();
        let (low, high) = ((*ADAPTATION.start()).into(), (*ADAPTATION.end()).into());
        Self(rshift(sum * i64::from(adaptation), 24).clamp(low, high) as i32)
    }

    fn factor(self) -> i64 {
        Self::FACTORS[(self.0 - ADAPTATION.start()) as usize]
    }

    /// From adapted steps to the channels' own (Q6).
    pub fn expand(self, value: i64) -> i64 {
        rshift(value * self.factor(), 12)
    }

    /// The other way; for encoders, since both round.
    pub fn reduce(self, value: i64) -> i64 {
        (value << 12).div_euclid(self.factor())
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
        fn resolve<T: Copy + Into<i64>>(table: &[T], channels: usize, quality: u16) -> Vec<i64> {
            (0..channels)
                .map(|c| interpolate(table, channels, c, quality))
                .collect()
        }
        Self {
            block,
            step: resolve(&block.step, channels, quality),
            gain: resolve(&block.gain, channels, quality),
            mean_gain: resolve(&block.mean_gain, channels, quality),
            log_scale: resolve(&block.log_scale, channels, quality)
                .iter()
                .map(|&v| v as i32)
                .collect(),
            scale_min: scale_min.into(),
            last_table: tables as i32 - 1,
        }
    }

    pub fn channels(&self) -> usize {
        self.step.len()
    }

    /// Index of the frequency table for log2 σ (Q10, normalised units).
    pub fn table(&self, channel: usize, log_scale: i16, adaptation: Adaptation) -> usize {
        let r = i32::from(log_scale) + self.log_scale[channel];
        (((r + 64) >> 7) - adaptation.0 - self.scale_min).clamp(0, self.last_table) as usize
    }

    /// μ (Q10, normalised units) in quantiser steps, Q6.
    pub fn mean(&self, channel: usize, mean: i16) -> i64 {
        rshift(i64::from(mean) * self.mean_gain[channel], 20)
    }

    /// The codeword of a pair's labels, Q6.
    pub fn codeword(&self, pair: usize, [i, j]: [i32; 2]) -> [i32; 2] {
        if i.abs() > CORE_RADIUS || j.abs() > CORE_RADIUS {
            return [64 * i, 64 * j];
        }
        let word = (i + CORE_RADIUS) * (2 * CORE_RADIUS + 1) + j + CORE_RADIUS;
        self.block.codebook[pair * CODEBOOK_WORDS + word as usize].map(i32::from)
    }

    /// v̂ (Q6, quantiser steps) → ŷ (Q3, absolute units).
    pub fn dequantise(&self, channel: usize, value: i64) -> i16 {
        saturate(rshift(value * self.step[channel], 11), 15)
    }

    /// ŷ (Q3, absolute units) → n̂ (Q8, normalised units).
    pub fn normalise(&self, channel: usize, latent: i16) -> i16 {
        saturate(
            rshift(i64::from(latent) * i64::from(self.block.norm[channel]), 16),
            14,
        )
    }

    /// The same for a whole tensor.
    pub fn normalise_all(&self, mut latents: Tensor) -> Tensor {
        for position in latents.data.chunks_exact_mut(self.channels()) {
            for (c, value) in position.iter_mut().enumerate() {
                *value = self.normalise(c, *value);
            }
        }
        latents
    }

    /// Encoder: y (Q3, absolute units) → v (Q6, quantiser steps), clamped far beyond what labels reach from any mean (2^27 + 2^21):
    /// squares of differences fit i64 whatever a model's gains and the adaptation.
    pub fn to_steps(&self, channel: usize, latent: i16) -> i64 {
        const LIMIT: i64 = 1 << 29;
        rshift(i64::from(latent) * self.gain[channel], 15).clamp(-LIMIT, LIMIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adaptation_is_bounded_and_nearly_undone() {
        assert_eq!(Adaptation::new(&[500, -500], 0, 65_535), Adaptation::NONE);
        assert_eq!(Adaptation::new(&[-1024; 4], 0, 32_768), Adaptation(-4));
        assert_eq!(Adaptation::new(&[1024; 4], 512, 32_768), Adaptation(4));
        assert_eq!(Adaptation::new(&[i16::MAX; 9], -9, 65_535), Adaptation(8));
        assert_eq!(Adaptation(8).expand(64), 128);
        for n in ADAPTATION {
            let exact = f64::from(n) / 8.0;
            assert_eq!(
                Adaptation(n).factor(),
                (exact.exp2() * 4096.0).round() as i64
            );
            let back = Adaptation(n).reduce(Adaptation(n).expand(64_000));
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
