//! What was learned: networks, codebooks, gains, frequency tables; the model file (`.vqzm`) that holds what decoders need, the encoder file (`.vqze`)
//! that holds what encoders need besides, and the rendering file (`.vqzr`) that holds another synthesis for a model.

mod beside;
mod codewords;
mod encoder_file;
mod envelope;
mod file;
mod loaded;
pub(crate) mod networks;
mod registry;
mod rendering;
mod rendering_file;
mod shape;
mod steps;
#[cfg(test)]
mod tests;
mod validate;

pub(crate) use codewords::Codewords;
pub use encoder_file::EncoderData;
#[doc(hidden)]
pub use file::{encoder_beside, read_with_encoder};
pub(crate) use loaded::Loaded;
pub use loaded::{Complexity, Digest, Model};
pub(crate) use networks::{EncoderNetworks, Networks};
pub use registry::Models;
pub(crate) use rendering::RenderingNetworks;
pub use rendering_file::{RenderingData, RenderingModel};

pub use crate::nn::layers::*;
pub use crate::nn::{Activation, Layer, Network, Weights};
pub use crate::quality::{interpolate, QUALITY_MAX};

use std::ops::Range;

/// Channels of a 4×4 patch of pixels: 3 · (4·dy + dx) + colour.
pub const PATCH_CHANNELS: usize = 48;
/// Most planes of noise that the lift of a rendering file may see.
pub const MAX_NOISE: usize = 16;
/// Codebooks that a label may be for.
pub const CODEBOOKS: usize = 2;
/// Labels up to this magnitude have a learned codeword.
pub const LEARNED_CODEWORDS: usize = 3;
/// Scales per octave.
pub const SCALES_PER_OCTAVE: i32 = 8;
/// How far quantiser steps adapt to the activity at a position, in units of 1/[`SCALES_PER_OCTAVE`]: from half an octave finer to one coarser.
pub const ADAPTATION: std::ops::RangeInclusive<i32> = -4..=8;

/// Most channels of a coding step with weights across channels, so that sums fit 32 bits.
pub const ACROSS_CHANNELS: usize = 256;
/// Largest of these weights: 4 absolute units per absolute unit.
pub const ACROSS_MAX: i16 = 4 << 12;

/// Which positions of the checkerboard a coding step covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parity {
    /// Every position.
    All,
    /// (x + y) even.
    Even,
    /// (x + y) odd.
    Odd,
}

impl Parity {
    /// Where neighbours in the west, north-west, north and north-east are that have been coded before, in the same coding step: (x, y) beside a position
    /// (SPEC.md section 8.7).
    #[must_use]
    pub const fn neighbours(self) -> [(i32, i32); 4] {
        match self {
            Self::All => [(-1, 0), (-1, -1), (0, -1), (1, -1)],
            Self::Even | Self::Odd => [(-2, 0), (-1, -1), (0, -2), (1, -1)],
        }
    }

    /// The same of a position in a tile of `width`, both counted row by row; `None` for those outside of the tile.
    pub(crate) fn neighbours_of(self, position: usize, width: usize) -> [Option<usize>; 4] {
        let (x, y) = ((position % width) as i32, (position / width) as i32);
        self.neighbours().map(|(dx, dy)| {
            let (x, y) = (x + dx, y + dy);
            let inside = y >= 0 && (0..width as i32).contains(&x);
            inside.then(|| y as usize * width + x as usize)
        })
    }
}

/// One coding step of the latents `y`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextStep<W = Vec<i16>> {
    /// Channels coded (even bounds).
    pub channels: Range<u16>,
    /// Positions coded.
    pub parity: Parity,
    /// Features → [μ of the range, log2 σ of the range], Q10. Input: ψ, then n̂ of channels 0..`channels.start`
    /// (`Parity::All`, `Even`) or 0..`channels.end` (`Odd`). Runs at single positions: begins with a convolution, at
    /// most one layer sees neighbours.
    pub network: Network<W>,
    /// log2 σ (Q10, normalised units) at which quantiser steps are the channels' own, on average over the step's channels.
    pub activity: i16,
    /// How steps grow with the sum over the channels of log2 σ − `activity` (Q10): eighths of an octave, Q24. 0: not at all.
    pub adaptation: u16,
    /// What is added to μ.
    pub prediction: LinearPrediction,
}

/// What is predicted of a coding step's channels besides what its network says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinearPrediction {
    /// What is missed at neighbouring positions (SPEC.md section 8.7): one for each channel, or nothing.
    pub feedback: Vec<ChannelFeedback>,
    /// What labels say of the channels after theirs at the same position (SPEC.md section 8.8): absolute units per absolute unit, Q12, within
    /// ±[`ACROSS_MAX`]. For the second channel what the first one says of it, for the third what the first and the second say, and so on;
    /// or nothing. At most [`ACROSS_CHANNELS`] channels have such weights.
    pub across: Vec<i16>,
}

/// How what the context model missed at neighbouring positions is expected again, in a channel (SPEC.md section 8.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelFeedback {
    /// Weights of the neighbours in the west, north-west, north and north-east; what they are divided by is their sum.
    pub neighbours: [u8; 4],
    /// Which part of their mean is expected at the beginning of a tile, Q8, at most 256.
    pub weight: u16,
}

/// Quantiser of one set of latents (`z` or `y`). Tables are `[knot][channel]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatentBlock {
    /// Channels (even).
    pub channels: u16,
    /// Q8 absolute units per quantiser step.
    pub step: Vec<u16>,
    /// Encoder: quantiser steps per absolute unit, Q18.
    pub gain: Vec<u32>,
    /// Quantiser steps per normalised unit, Q16.
    pub mean_gain: Vec<u32>,
    /// log2 of the same, Q10.
    pub log_scale: Vec<i32>,
    /// Normalised units (Q8) per absolute unit (Q3), Q16: `n̂ = clamp14(rshift(ŷ·norm, 16))`. One per channel.
    pub norm: Vec<u32>,
    /// How fast the choice of frequency tables learns from a channel's labels: tables per bit and two tables, Q4.
    pub channel_rate: u8,
    /// The same from the labels at a position.
    pub position_rate: u8,
}

/// Labels of one codebook at one scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrequencyTable {
    /// What the labels 1, 2 and 3 stand for, Q6 quantiser steps; −1, −2 and −3 stand for the same below 0. Within ±128 of
    /// (2·label − codebook) · [`ModelData::spacing`], which larger labels stand for.
    pub codewords: [i16; LEARNED_CODEWORDS],
    /// Integer frequencies of labels −M..=M and the escape (last), each ≥ 1, sum 2^16: 2M + 2 entries.
    pub frequencies: Vec<u16>,
}

/// Everything a model file holds, and the encoder file behind it. `W` is where the weights are: here, or still in the file.
///
/// Networks of the analysis take 3 channels at full resolution and begin with an `Unshuffle`. Those of the synthesis end at 1/4 of the
/// resolution, where each position has 4×4 pixels in [`PATCH_CHANNELS`] channels. `y` is at 1/16 of the pixels, `z` at 1/4 of `y`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelData<W = Vec<i16>> {
    /// Free text: name, training run.
    pub name: String,
    /// n̂_z (Q8, 14-bit) → ψ, any even number of channels at the resolution of y.
    pub hyper_synthesis: Network<W>,
    /// Coding steps of y in order.
    pub steps: Vec<ContextStep<W>>,
    /// ŷ → patches of pixels − 128, Q4, linear part.
    pub synthesis_linear: Network<W>,
    /// n̂ → features at the resolution of patches, any number of channels.
    pub synthesis_body: Network<W>,
    /// Patches of the linear part → as many features, added to those of the body.
    pub synthesis_lift: Network<W>,
    /// The sum of features → patches of pixels, Q4, added to the linear part.
    pub renderer: Network<W>,
    /// Hyper-latents, stride 64.
    pub z: LatentBlock,
    /// μ per channel of z, Q10.
    pub z_mean: Vec<i16>,
    /// log2 σ per channel of z, Q10.
    pub z_log_scale: Vec<i16>,
    /// Latents, stride 16.
    pub y: LatentBlock,
    /// Scale t is for log2 σ (Q10, quantiser steps) rounding to `t + scale_min` in units of 1/8 octave:
    /// `t = clamp(rshift(logσ, 7) − scale_min, 0, tables[0].len() − 1)`, corrected by the labels before (SPEC.md section 9.4). Tables of scale 0
    /// are never read: label 0.
    pub scale_min: i16,
    /// Distance of the points of both codebooks together, Q6 quantiser steps; at least 1.
    pub spacing: u8,
    /// `[codebook][scale]`; see `scale_min`.
    pub tables: [Vec<FrequencyTable>; CODEBOOKS],
    /// What only encoders need: the contents of the encoder file, if there is one.
    pub encoder: Option<EncoderData<W>>,
}
