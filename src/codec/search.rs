//! How hard an encoder tries, and what a bit is worth to it: labels are those of least distortion + bias × rate (entropy-constrained
//! quantisation, Chou et al. 1989).

use super::refine::RefineTile;

/// What a squared quantiser step is worth in bits at the slope that the model was trained at: 12 · 0.72, by high-resolution theory.
pub(super) const BITS_PER_SQUARED_STEP: f64 = 8.66;

/// Whether to search at all.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Effort {
    /// The nearest labels, whatever they cost.
    Nearest,
    /// Those of least distortion and rate.
    Search,
    /// The same, of latents that have been moved until their picture is better. A pointer, so that programs that never ask for it do not
    /// carry it.
    Refine(RefineTile),
}

/// What a bit is worth, per pair of a latent block: squared quantiser steps (Q12).
pub struct RateBias(Vec<i32>);

impl RateBias {
    /// Bits are worth nothing.
    pub fn none(channels: usize) -> Self {
        Self(vec![0; channels / 2])
    }

    /// Of hyper-latents: the same for all pairs, 0.08 squared steps.
    pub fn flat(channels: usize) -> Self {
        Self(vec![328; channels / 2])
    }

    /// Of latents: from 0.02 at the first channel to 0.11 at the last one. What is coded early is what later channels are predicted
    /// from, and repays a finer choice (docs/notes/generation-2.md).
    pub fn rising(channels: usize) -> Self {
        Self::along(channels, |position| 0.02 + 0.09 * position.sqrt())
    }

    /// Squared steps per bit, of a pair's position among the channels (0 to 1).
    fn along(channels: usize, worth: impl Fn(f64) -> f64) -> Self {
        let bias = |pair: usize| {
            let position = (2 * pair + 1) as f64 / channels as f64;
            (worth(position) * 4096.0).round() as i32
        };
        Self((0..channels / 2).map(bias).collect())
    }

    /// Of a pair.
    pub(super) fn of(&self, pair: usize) -> i32 {
        self.0[pair]
    }

    /// Of latents, where nothing but the squared error counts.
    pub fn of_squares(channels: usize) -> Self {
        Self::along(channels, |position| 0.02 + 0.07 * position.sqrt())
    }

    /// Squared steps per bit of each pair, for the trainer's search.
    pub fn values(&self) -> Vec<f32> {
        self.0.iter().map(|&bias| bias as f32 / 4096.0).collect()
    }
}
