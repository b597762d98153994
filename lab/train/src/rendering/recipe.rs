//! Everything that determines a run.

use anyhow::{ensure, Result};
use serde::{Deserialize, Serialize};
use vqz::model::MAX_NOISE;

/// Share of a batch's qualities that lie in the low part of the dial.
const LOW_SHARE: f64 = 0.75;
/// Where that part ends.
const LOW_END: f64 = 0.4;

/// Networks and training of a perceptual rendering.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenderingRecipe {
    /// Widths of the body at 1/16 and of the renderer at 1/4, at least those of the base model.
    pub widths: [i64; 2],
    /// Residual blocks of the body and of the renderer, at least as many as those of the base model.
    pub blocks: [usize; 2],
    /// Planes of noise that the lift sees, 0 to 16.
    pub noise: i64,
    /// Width of the discriminator's first layer.
    pub discriminator: i64,
    /// Optimiser steps in all.
    pub steps: u64,
    /// Steps at the end over which the learning rates fall to 1 % (a cosine).
    pub decay: u64,
    /// Steps of linear warm-up.
    pub warm_up: u64,
    /// Steps after which the generator hears of the discriminator.
    pub adversarial_from: u64,
    /// Patches a step.
    pub batch: usize,
    /// Side of a patch, a multiple of 64.
    pub patch: u32,
    /// Share of patches that are drawn (edges, grids, letters, skies), 0 to 1.
    pub drawn: f64,
    /// Learning rate of the rendering's networks.
    pub learning_rate: f64,
    /// The discriminator's.
    pub discriminator_rate: f64,
    /// Weight of the squared error, in units of the faithful rendering's.
    pub squared: f64,
    /// Weight of the same of means over 8 × 8 pixels, so that colours and shapes stay.
    pub low: f64,
    /// Weight of the sliced distance of textures.
    pub sliced: f64,
    /// Weight of what the discriminator says.
    pub adversarial: f64,
    /// Weight of the distance of the discriminator's features.
    pub features: f64,
    /// Weight of the discriminator's penalty for steepness.
    pub steepness: f64,
    /// Decay of the moving average of the weights.
    pub average: f64,
    /// Largest gradient norm.
    pub clip: f64,
    /// Seed of everything random.
    pub seed: u64,
}

impl Default for RenderingRecipe {
    fn default() -> Self {
        Self {
            widths: [192, 96],
            blocks: [3, 3],
            noise: 8,
            discriminator: 32,
            steps: 6000,
            decay: 2000,
            warm_up: 100,
            adversarial_from: 300,
            batch: 8,
            patch: 128,
            drawn: 0.06,
            learning_rate: 4e-4,
            discriminator_rate: 4e-4,
            squared: 1.0,
            low: 0.5,
            sliced: 6.0,
            adversarial: 0.2,
            features: 0.5,
            steepness: 1.0,
            average: 0.998,
            clip: 1.0,
            seed: 1,
        }
    }
}

impl RenderingRecipe {
    /// # Errors
    /// A value beyond its range.
    pub(super) fn check(&self) -> Result<()> {
        ensure!(
            self.patch > 0 && self.patch.is_multiple_of(64),
            "patch is {}, it must be a multiple of 64",
            self.patch
        );
        ensure!(
            (0..=MAX_NOISE as i64).contains(&self.noise) && self.noise % 2 == 0,
            "noise is {}, it must be an even number of planes, at most {MAX_NOISE}",
            self.noise
        );
        ensure!(
            self.batch > 0 && self.discriminator > 0,
            "batch and discriminator are {} and {}, they must be at least 1",
            self.batch,
            self.discriminator
        );
        Ok(())
    }

    /// The networks' widths and depths alone, of which a checkpoint cannot have others.
    pub(super) fn shape(&self) -> ([i64; 2], [usize; 2], i64, i64) {
        (self.widths, self.blocks, self.noise, self.discriminator)
    }

    /// What learning rates are multiplied with at `step`.
    pub(super) fn rate_at(&self, step: u64) -> f64 {
        if step < self.warm_up {
            return (step + 1) as f64 / self.warm_up as f64;
        }
        let left = self.steps.saturating_sub(step);
        let progress = 1.0 - left.min(self.decay) as f64 / self.decay.max(1) as f64;
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
        0.01 + 0.99 * cosine
    }

    /// Qualities (0 to 1) from numbers spread evenly over the same: most of them low ones.
    pub(super) fn quality(unit: f64) -> f64 {
        if unit < LOW_SHARE {
            unit / LOW_SHARE * LOW_END
        } else {
            LOW_END + (unit - LOW_SHARE) / (1.0 - LOW_SHARE) * (1.0 - LOW_END)
        }
    }
}
