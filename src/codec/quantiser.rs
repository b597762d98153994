//! A latent block at one quality: labels ↔ latents in exact integers (SPEC.md section 8).

use super::adaptation::Adaptation;
use super::expected::Expected;
use crate::model::{interpolate, Codewords, LatentBlock, SCALES_PER_OCTAVE};
use crate::nn::{Kernels, Tensor};

/// Tables of a latent block, resolved at a quality: values per channel.
pub(crate) struct Quantiser<'m> {
    block: &'m LatentBlock,
    codewords: &'m Codewords,
    step: Vec<u16>,
    gain: Vec<u32>,
    mean_gain: Vec<u32>,
    log_scale: Vec<i32>,
    scale_min: i32,
    last_scale: i32,
    kernels: Kernels,
}

/// `(x + (1 << (s − 1))) >> s`
#[inline]
pub(super) fn rshift(x: i64, s: u32) -> i64 {
    (x + (1 << (s - 1))) >> s
}

/// Clamp to ±(2^bits − 1).
#[inline]
fn saturate(x: i64, bits: u32) -> i16 {
    let limit = (1i64 << bits) - 1;
    x.clamp(-limit, limit) as i16
}

impl<'m> Quantiser<'m> {
    /// `scale_min` and `scales` (their number) are the model's.
    pub fn new(
        block: &'m LatentBlock,
        codewords: &'m Codewords,
        quality: u16,
        scale_min: i16,
        scales: usize,
        kernels: Kernels,
    ) -> Self {
        let channels = usize::from(block.channels);
        // Between two entries lies nothing that would not fit their type.
        let gain = |table: &[u32], c| interpolate(table, channels, c, quality) as u32;
        let of_channels = 0..channels;
        Self {
            block,
            codewords,
            step: of_channels
                .clone()
                .map(|c| interpolate(&block.step, channels, c, quality) as u16)
                .collect(),
            gain: of_channels.clone().map(|c| gain(&block.gain, c)).collect(),
            mean_gain: of_channels
                .clone()
                .map(|c| gain(&block.mean_gain, c))
                .collect(),
            log_scale: of_channels
                .map(|c| interpolate(&block.log_scale, channels, c, quality) as i32)
                .collect(),
            scale_min: scale_min.into(),
            last_scale: scales as i32 - 1,
            kernels,
        }
    }

    pub fn channels(&self) -> usize {
        self.step.len()
    }

    /// What it is vectorised for.
    pub fn kernels(&self) -> Kernels {
        self.kernels
    }

    /// Q8 absolute units per quantiser step.
    pub fn step(&self, channel: usize) -> u16 {
        self.step[channel]
    }

    /// What the context model says of the channels from `first` on at a position, in the terms of labels: `means` and `log_scales` are its μ and
    /// log2 σ (Q10, normalised units). [`Self::settle`] makes the values of it.
    pub fn expect(
        &self,
        first: usize,
        means: &[i16],
        log_scales: &[i16],
        adaptation: Adaptation,
        to: &mut Expected,
    ) {
        let channels = first..first + means.len();
        to.first = first;
        to.adaptation = adaptation;
        let (below, last) = (adaptation.exponent() + self.scale_min, self.last_scale);
        let own = &self.log_scale[channels.clone()];
        let gains = &self.mean_gain[channels];
        to.scales.resize(own.len(), 0);
        to.means.resize(own.len(), 0);
        let (to_scales, to) = (&mut to.scales[..], &mut to.means[..]);
        self.kernels.vectorise(move || {
            let scales = log_scales.iter().zip(own);
            for (scale, (&log_scale, own)) in to_scales.iter_mut().zip(scales) {
                let index = (i32::from(log_scale) + own + 64) >> 7;
                *scale = (index - below).clamp(0, last) as u16;
            }
            for (to, (&mean, &gain)) in to.iter_mut().zip(means.iter().zip(gains)) {
                *to = rshift(i64::from(mean) * i64::from(gain), 20) as i32;
            }
        });
    }

    /// The values and latents of a position whose labels are known: of as many channels as `of` has means.
    pub fn settle(&self, of: &mut Expected) {
        let steps = &self.step[of.first..];
        of.values.resize(of.means.len(), 0);
        of.latents.resize(of.means.len(), 0);
        let (means, beyond) = (&of.means[..], &of.beyond[..]);
        let (values, latents) = (&mut of.values[..], &mut of.latents[..]);
        self.kernels.vectorise(move || {
            for (value, (&mean, &beyond)) in values.iter_mut().zip(means.iter().zip(beyond)) {
                *value = mean + beyond;
            }
            for ((latent, &value), &step) in latents.iter_mut().zip(&*values).zip(steps) {
                *latent = dequantise(value.into(), step);
            }
        });
    }

    /// σ of a scale, adapted quantiser steps; 0 for scale 0.
    pub fn spread(&self, scale: usize) -> f32 {
        match scale {
            0 => 0.0,
            _ => ((scale as i32 + self.scale_min) as f32 / SCALES_PER_OCTAVE as f32).exp2(),
        }
    }

    /// What a label ≠ 0 of a codebook stands for at a scale: Q6, adapted quantiser steps.
    #[inline]
    pub fn codeword(&self, codebook: usize, scale: usize, label: i32) -> i32 {
        self.codewords.get(codebook, scale, label)
    }

    /// The point of a codebook that a magnitude's codewords are near, likewise.
    pub fn point(&self, codebook: usize, magnitude: i32) -> i32 {
        self.codewords.point(codebook, magnitude)
    }

    /// The largest magnitude whose point is not beyond `distance` ≥ 0, as far as labels reach.
    pub fn magnitude_below(&self, codebook: usize, distance: i64) -> i32 {
        self.codewords.magnitude_below(codebook, distance)
    }

    /// ŷ (Q3, absolute units) → n̂ (Q8, normalised units), of the channels from `first` on.
    pub fn normalise(&self, first: usize, latents: &[i16], to: &mut [i16]) {
        let norms = &self.block.norm[first..];
        for ((to, &latent), &norm) in to.iter_mut().zip(latents).zip(norms) {
            *to = normalise(latent, norm);
        }
    }

    /// The same for a whole tensor, whose channels are the first ones.
    pub fn normalise_all(&self, mut latents: Tensor) -> Tensor {
        for position in latents.data.chunks_exact_mut(latents.channels) {
            let norms = &self.block.norm[..];
            self.kernels.vectorise(move || {
                for (value, &norm) in position.iter_mut().zip(norms) {
                    *value = normalise(*value, norm);
                }
            });
        }
        latents
    }

    /// Encoder: quantiser steps per unit of y (Q3).
    pub fn steps_per_unit(&self, channel: usize) -> f32 {
        self.gain[channel] as f32 / 2_097_152.0
    }

    /// Encoder: y (Q3, absolute units) → v (Q6, quantiser steps), clamped far beyond what labels reach from any mean (2^27 + 2^22):
    /// squares of differences fit i64 whatever a model's gains and the adaptation.
    pub fn to_steps(&self, channel: usize, latent: i16) -> i64 {
        const LIMIT: i64 = 1 << 29;
        rshift(i64::from(latent) * i64::from(self.gain[channel]), 15).clamp(-LIMIT, LIMIT)
    }
}

/// v̂ (Q6, quantiser steps) → ŷ (Q3, absolute units).
#[inline]
fn dequantise(value: i64, step: u16) -> i16 {
    saturate(rshift(value * i64::from(step), 11), 15)
}

/// In halves of `norm`, whose products fit 32 bits: |latent| < 2^15, so that neither they nor their sum reach 2^31.
#[inline]
fn normalise(latent: i16, norm: u32) -> i16 {
    const LIMIT: i32 = (1 << 14) - 1;
    let (latent, high, low) = (
        i32::from(latent),
        (norm >> 16) as i32,
        (norm & 0xffff) as i32,
    );
    let value = latent * high + ((latent * low + (1 << 15)) >> 16);
    value.clamp(-LIMIT, LIMIT) as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Rect;
    use crate::testing::Rng;

    #[test]
    fn latents_are_normalised_as_with_wide_products() {
        for latent in [-32_767, -12_345, -1, 0, 1, 8_191, 32_767] {
            for norm in [0, 1, 65_535, 65_536, 98_765, 1 << 31, u32::MAX] {
                let wide = rshift(i64::from(latent) * i64::from(norm), 16);
                assert_eq!(
                    normalise(latent, norm),
                    saturate(wide, 14),
                    "{latent} {norm}"
                );
            }
        }
    }

    #[test]
    fn every_set_of_kernels_expects_the_same() {
        let rng = &mut Rng(12);
        let data = crate::testing::tiny(1);
        let codewords = Codewords::new(&data.tables, data.spacing);
        let mut block = data.y;
        block.mean_gain.fill_with(|| rng.range(0, 1 << 31) as u32);
        let channels = usize::from(block.channels);
        let mut values = |limit: i64| -> Vec<i16> {
            let values = (0..channels).map(|_| rng.range(-limit, limit) as i16);
            values.collect()
        };
        let (means, log_scales) = (values(32_767), values(9_000));
        let latents = Tensor {
            rect: Rect::of_size(1, 1),
            channels,
            data: values(32_767),
        };
        let run = |kernels| {
            let quantiser = Quantiser::new(&block, &codewords, 300, -5, 64, kernels);
            let mut expected = Expected::default();
            // Of some channels after all of them: buffers are longer than needed.
            for first in [0, 2] {
                let of = |all: &[i16]| all[first..].to_vec();
                let adaptation = Adaptation::new(&log_scales, 40, 9_000);
                let (means, log_scales) = (of(&means), of(&log_scales));
                quantiser.expect(first, &means, &log_scales, adaptation, &mut expected);
                expected.beyond = means.iter().map(|&mean| i32::from(mean) * 77).collect();
                quantiser.settle(&mut expected);
            }
            let normalised = quantiser.normalise_all(latents.clone());
            (format!("{expected:?}"), normalised)
        };
        let sets = Kernels::available();
        eprintln!("kernels run: {sets:?}");
        assert!(sets.contains(&Kernels::detect().unwrap()));
        for kernels in sets {
            assert_eq!(run(kernels), run(Kernels::SCALAR), "{kernels:?}");
        }
    }

    /// Beyond that, the encoder's squares of differences would overflow.
    #[test]
    fn extreme_gains_are_clamped() {
        let data = crate::testing::tiny(1);
        let codewords = Codewords::new(&data.tables, data.spacing);
        let mut block = data.y;
        block.gain.fill(u32::MAX);
        let quantiser = Quantiser::new(&block, &codewords, 300, 0, 9, Kernels::SCALAR);
        for latent in [32_767, -32_767] {
            assert_eq!(
                quantiser.to_steps(0, latent),
                i64::from(latent.signum()) << 29
            );
        }
    }
}
