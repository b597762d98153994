//! Architecture and training options.

use serde::{Deserialize, Serialize};
use tch::Kind;

use crate::degrade::Degradation;
use crate::quantiser::Mode;

/// Knots of the learned quality axis (gains and level-dependent biases).
pub(crate) const KNOTS: i64 = 9;
/// `z` in absolute units per normalised unit.
pub(crate) const Z_STD: f64 = 64.0;
/// What is usual: log2 σ in normalised units, the mean over a step's channels and over photos.
pub(crate) const ACTIVITY: f64 = -1.3;
/// What 1 − MS-SSIM is worth in MSE (0–255 scale): the ratio of the two on photos, which from 0.1 to 1 bpp stays between 1,600 and 2,100.
pub(crate) const MS_SSIM_UNIT: f64 = 1800.0;

/// What SSIMULACRA2's error is worth in MSE (0–255 scale).
pub(crate) const SSIMULACRA2_UNIT: f64 = vqz::lab::SSIMULACRA2_UNIT as f64;

/// Which positions a coding step covers, see [`vqz::model::Parity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// All positions at once.
    Once,
    /// Even positions of the checkerboard, then odd ones.
    Checkerboard,
}

/// Widths and depths of the networks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// Latent channels at stride 16.
    pub latents: i64,
    /// Hyper-latent channels at stride 64.
    pub hyper_latents: i64,
    /// Widths of the analysis transform at 1/4 and at 1/16.
    pub analysis_widths: [i64; 2],
    /// Residual blocks of the analysis transform at 1/4 and 1/16.
    pub analysis_blocks: [usize; 2],
    /// Widths of the synthesis transform: of its body at 1/16 and of its renderer at 1/4.
    pub synthesis_widths: [i64; 2],
    /// Residual blocks of the body and of the renderer.
    pub synthesis_blocks: [usize; 2],
    /// Width of the hyper networks.
    pub hyper_width: i64,
    /// Hyper-features ψ.
    pub features: i64,
    /// Width of the context networks.
    pub context_width: i64,
    /// Slices of the latents: channels and order of each.
    pub slices: Vec<(i64, Order)>,
    /// By how many octaves quantiser steps grow where the context model expects an octave more than usual; 0: nowhere.
    #[serde(default)]
    pub adaptation: f64,
}

impl Default for Architecture {
    fn default() -> Self {
        Self {
            latents: 400,
            hyper_latents: 64,
            analysis_widths: [96, 320],
            analysis_blocks: [1, 3],
            synthesis_widths: [192, 64],
            synthesis_blocks: [3, 2],
            hyper_width: 96,
            features: 128,
            context_width: 128,
            slices: vec![
                (16, Order::Checkerboard),
                (48, Order::Checkerboard),
                (96, Order::Once),
                (160, Order::Once),
                (80, Order::Once),
            ],
            adaptation: 0.15,
        }
    }
}

impl Architecture {
    /// A model of a few thousand parameters, for tests.
    #[must_use]
    pub fn tiny() -> Self {
        Self {
            latents: 16,
            hyper_latents: 4,
            analysis_widths: [8, 16],
            analysis_blocks: [1, 1],
            synthesis_widths: [8, 8],
            synthesis_blocks: [1, 1],
            hyper_width: 8,
            features: 8,
            context_width: 8,
            slices: vec![(4, Order::Checkerboard), (12, Order::Once)],
            adaptation: 0.3,
        }
    }
}

/// Everything that determines a training run (together with the photos).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Networks.
    pub architecture: Architecture,
    /// Optimiser steps in all.
    pub steps: u64,
    /// From this step on the quantiser is hard (vector-quantised); before, it is relaxed: scalar, with additive noise for the rate.
    pub hard_from: u64,
    /// Patches a step.
    pub batch: usize,
    /// Side of a patch, a multiple of 64.
    pub patch: u32,
    /// Learning rate of Adam after the warm-up.
    pub learning_rate: f64,
    /// Share of patches that are drawn (edges, grids, letters, skies) instead of taken from photos, 0 to 1.
    #[serde(default)]
    pub drawn: f64,
    /// Share of the patches of photos of which hue and saturation are changed, 0 to 1.
    #[serde(default)]
    pub recoloured: f64,
    /// Share of the patches of photos that are enlarged from a smaller region, by up to 2, 0 to 1: real photos are less sharp than those that have been scaled down.
    #[serde(default)]
    pub enlarged: f64,
    /// What is done to a picture before the encoder sees it, so that the decoder learns to give the picture as it was; `None`: nothing.
    #[serde(default)]
    pub degrade: Option<Degradation>,
    /// Steps of linear warm-up.
    pub warm_up: u64,
    /// Steps at the end over which the learning rate falls to 1 % (a cosine); before, it is constant, so that a run can be prolonged.
    pub decay: u64,
    /// λ (per unit of 255²·MSE) at quality 0.
    pub lambda_low: f64,
    /// λ at quality 100.
    pub lambda_high: f64,
    /// Share of MS-SSIM in the distortion, 0 to 1: `MS_SSIM_UNIT`·(1 − MS-SSIM). What the shares leave is the mean squared error's.
    #[serde(default)]
    pub ms_ssim: f64,
    /// Share of SSIMULACRA2 in the distortion, 0 to 1: `SSIMULACRA2_UNIT`·its error.
    #[serde(default)]
    pub ssimulacra2: f64,
    /// Weight of the squared error of the linear part at a quarter of the resolution, beside the distortion: small renderings are its means.
    #[serde(default)]
    pub linear: f64,
    /// Weight of the squared error of steps across the edges of blocks of 16 × 16 pixels, beside the distortion: such steps are seen where a picture is smooth.
    #[serde(default)]
    pub block_edges: f64,
    /// Decay of the exponential moving average of the weights.
    pub average: f64,
    /// Weights of convolutions are updated by Muon instead of Adam.
    pub muon: bool,
    /// Muon's learning rate in units of Adam's: how far a weight moves, root mean square, is a fifth of it.
    pub muon_rate: f64,
    /// Steps from one update by Muon to the next, which is as many times as large.
    pub muon_every: u64,
    /// Largest gradient norm.
    pub clip: f64,
    /// Seed of everything random.
    pub seed: u64,
    /// How large the error of labels other than 0 is in pictures, in units of that of the codewords that training has. Dependent quantisation, which files have,
    /// makes less at the same rate: 0.93 is about right at high qualities. With 1, nothing is changed.
    #[serde(default = "as_it_is")]
    pub quantiser_error: f64,
    /// Only the analysis transforms are trained, and the codebooks that stand in for the codec's quantiser: the decoder stays what it is, and files with it.
    #[serde(default)]
    pub encoder_only: bool,
    /// Only what decoders have is trained, hyper-synthesis, context model and synthesis transform, on the labels that the codec's own encoder chooses with
    /// the model that the run starts from.
    #[serde(default)]
    pub decoder_only: bool,
    /// Networks run in bfloat16 (parameters, linear transforms and quantiser stay in f32).
    pub bf16: bool,
}

fn as_it_is() -> f64 {
    1.0
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            architecture: Architecture::default(),
            steps: 150_000,
            hard_from: 100_000,
            batch: 8,
            patch: 192,
            learning_rate: 1.5e-3,
            drawn: 0.06,
            recoloured: 0.1,
            enlarged: 0.3,
            degrade: None,
            warm_up: 300,
            decay: 40_000,
            lambda_low: 0.00012,
            lambda_high: 0.5,
            ms_ssim: 0.0,
            ssimulacra2: 0.0,
            linear: 0.1,
            block_edges: 0.2,
            average: 0.999,
            muon: true,
            muon_rate: 3.0,
            muon_every: 2,
            clip: 1.0,
            seed: 1,
            quantiser_error: 1.0,
            encoder_only: false,
            decoder_only: false,
            bf16: false,
        }
    }
}

impl Recipe {
    /// What networks run in.
    pub(crate) fn kind(&self) -> Kind {
        if self.bf16 {
            Kind::BFloat16
        } else {
            Kind::Float
        }
    }

    /// λ at quality t ∈ [0, 1]: geometric between the ends.
    #[must_use]
    pub fn lambda(&self, t: f64) -> f64 {
        self.lambda_low * (self.lambda_high / self.lambda_low).powf(t)
    }

    /// Weight of a sample's loss: roughly one over the rate that a trained model has at λ, so that a percent of rate counts alike everywhere.
    pub(crate) fn weight(&self, t: f64) -> f64 {
        let relative = self.lambda(t) / 0.013;
        relative.powf(if relative < 1.0 { -0.6 } else { -0.4 })
    }

    /// Learning rate at `step`.
    pub(crate) fn rate_at(&self, step: u64) -> f64 {
        if step < self.warm_up {
            return self.learning_rate * (step + 1) as f64 / self.warm_up as f64;
        }
        let left = self.steps.saturating_sub(step);
        if left >= self.decay {
            return self.learning_rate;
        }
        let progress = 1.0 - left as f64 / self.decay as f64;
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
        self.learning_rate * (0.01 + 0.99 * cosine)
    }

    /// How latents become labels in training at `step`.
    pub(crate) fn mode_at(&self, step: u64) -> Mode {
        if step < self.hard_from {
            Mode::Relaxed
        } else {
            Mode::Mixed
        }
    }

    /// The same for measuring.
    pub(crate) fn measure_at(&self, step: u64) -> Mode {
        match self.mode_at(step) {
            Mode::Relaxed => Mode::Nearest,
            _ => Mode::Hard,
        }
    }
}
