//! Settings of a small model and of its prior.

use anyhow::{bail, Result};
use serde::{Deserialize, Serialize};

use crate::config::Recipe;

/// How codewords learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodebookUpdate {
    /// Moving averages of what they stand for (van den Oord et al. 2017, appendix).
    Ema,
    /// Gradients of the codebook loss.
    Loss,
}

/// Everything that determines a small model, together with the pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmallRecipe {
    /// Words of a codebook.
    pub codewords: i64,
    /// Dimensions of a word.
    pub dimension: i64,
    /// Codebooks, 1 or 2; each quantises a part of the latent vector.
    pub codebooks: i64,
    /// Pixels per latent position, each way: 4 or 8.
    pub stride: i64,
    /// Channels of the networks.
    pub width: i64,
    /// Residual blocks of encoder and decoder.
    pub blocks: usize,
    /// Side of the patches that are cut of photos, in pixels. Data sets of small pictures come as they are.
    pub side: u32,
    /// Optimiser steps in all.
    pub steps: u64,
    /// Pictures a step.
    pub batch: usize,
    /// Learning rate of Adam after the warm-up.
    pub learning_rate: f64,
    /// β, the weight of the commitment loss.
    pub commitment: f64,
    /// How codewords learn.
    pub update: CodebookUpdate,
    /// Share of the old value in a step's moving averages of codewords and of their use.
    pub decay: f64,
    /// Before this step the model is a plain autoencoder; then the codebooks begin as the k-means of its latents.
    pub quantise_from: u64,
    /// Steps from one look for dead codewords to the next.
    pub restart_every: u64,
    /// Seed of everything random.
    pub seed: u64,
}

impl Default for SmallRecipe {
    fn default() -> Self {
        Self {
            codewords: 256,
            dimension: 16,
            codebooks: 1,
            stride: 4,
            width: 32,
            blocks: 2,
            side: 32,
            steps: 2000,
            batch: 32,
            learning_rate: 1e-3,
            commitment: 0.25,
            update: CodebookUpdate::Ema,
            decay: 0.99,
            quantise_from: 200,
            restart_every: 100,
            seed: 1,
        }
    }
}

impl SmallRecipe {
    /// # Errors
    /// A setting out of its range, or one that does not fit pictures of this size.
    pub(crate) fn check(&self, width: usize, height: usize) -> Result<()> {
        let within = |what: &str, value: i64, range: std::ops::RangeInclusive<i64>| {
            if range.contains(&value) {
                return Ok(());
            }
            bail!(
                "{what} is {value}, it must be {} to {}",
                range.start(),
                range.end()
            )
        };
        within("codewords", self.codewords, 2..=65_536)?;
        within("dimension", self.dimension, 1..=64)?;
        within("codebooks", self.codebooks, 1..=2)?;
        within("width", self.width, 8..=1024)?;
        within("batch", self.batch as i64, 1..=4096)?;
        within("restart_every", self.restart_every as i64, 1..=1 << 40)?;
        if ![4, 8].contains(&self.stride) || self.width % 2 != 0 {
            bail!(
                "stride is {} and width {}; the stride must be 4 or 8, the width even",
                self.stride,
                self.width
            );
        }
        if !(0.0..1.0).contains(&self.decay) {
            bail!("decay is {}, it must be from 0 to below 1", self.decay);
        }
        let stride = self.stride as usize;
        let largest = 64;
        if width.max(height) > largest
            || ![width, height]
                .iter()
                .all(|side| side.is_multiple_of(stride))
        {
            bail!(
                "pictures are {width}×{height} pixels; sides must be multiples of the stride, {stride}, and at most {largest}"
            );
        }
        Ok(())
    }

    /// What a run that is resumed must not change: it may have more steps.
    pub(crate) fn but_for_steps(&self) -> Self {
        Self {
            steps: 0,
            ..self.clone()
        }
    }

    /// Of the optimiser, which is the codec's trainer's.
    pub(crate) fn optimiser(&self) -> Recipe {
        optimiser(self.steps, self.learning_rate)
    }
}

/// Everything that determines a prior, together with a small model and the pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriorRecipe {
    /// Channels of the network.
    pub width: i64,
    /// Residual blocks.
    pub blocks: usize,
    /// Share of activations that are left out in training, against overfitting.
    pub dropout: f64,
    /// Whether the prior is told what a picture shows, where the data set says so.
    pub classes: bool,
    /// Optimiser steps in all.
    pub steps: u64,
    /// Pictures a step.
    pub batch: usize,
    /// Learning rate of Adam after the warm-up.
    pub learning_rate: f64,
    /// Seed of everything random.
    pub seed: u64,
}

impl Default for PriorRecipe {
    fn default() -> Self {
        Self {
            width: 32,
            blocks: 4,
            dropout: 0.1,
            classes: false,
            steps: 3000,
            batch: 32,
            learning_rate: 1e-3,
            seed: 1,
        }
    }
}

impl PriorRecipe {
    /// # Errors
    /// A setting out of its range.
    pub(crate) fn check(&self) -> Result<()> {
        if !(8..=1024).contains(&self.width) || self.width % 2 != 0 {
            bail!("width is {}, it must be even, 8 to 1024", self.width);
        }
        if !(0.0..1.0).contains(&self.dropout) {
            bail!("dropout is {}, it must be from 0 to below 1", self.dropout);
        }
        if !(1..=4096).contains(&self.batch) {
            bail!("batch is {}, it must be 1 to 4096", self.batch);
        }
        Ok(())
    }

    /// See [`SmallRecipe::but_for_steps`].
    pub(crate) fn but_for_steps(&self) -> Self {
        Self {
            steps: 0,
            ..self.clone()
        }
    }

    /// See [`SmallRecipe::optimiser`].
    pub(crate) fn optimiser(&self) -> Recipe {
        optimiser(self.steps, self.learning_rate)
    }
}

/// Adam alone, with a cosine over the second half.
fn optimiser(steps: u64, learning_rate: f64) -> Recipe {
    Recipe {
        steps,
        learning_rate,
        warm_up: 50.min(steps),
        decay: steps / 2,
        average: 0.995,
        muon: false,
        ..Recipe::default()
    }
}
