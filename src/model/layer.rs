//! The closed set of operations that a network is made of.
//!
//! Tensors are channel-last i16. `rshift(x, s)` rounds: `(x + (1 << (s - 1))) >> s` for s ≥ 1, x for s = 0.

use std::ops::Range;

/// What follows a convolution's requantisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    None,
    /// `max(x, 0)`.
    Relu,
}

/// A convolution's weights.
pub trait Weights {
    /// How many there are.
    fn count(&self) -> usize;
    /// Those of a range.
    ///
    /// # Panics
    /// If it leaves `0..self.count()`.
    fn range(&self, range: Range<usize>) -> impl Iterator<Item = i16>;
}

impl Weights for Vec<i16> {
    fn count(&self) -> usize {
        self.len()
    }

    fn range(&self, range: Range<usize>) -> impl Iterator<Item = i16> {
        self[range].iter().copied()
    }
}

/// Where they lie in a model file, little-endian: a loader packs them from there.
#[derive(Debug, Clone, Copy)]
pub(super) struct InFile<'a>(pub(super) &'a [[u8; 2]]);

impl Weights for InFile<'_> {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn range(&self, range: Range<usize>) -> impl Iterator<Item = i16> {
        self.0[range].iter().copied().map(i16::from_le_bytes)
    }
}

/// Convolution of stride 1: `clamp(act(rshift(Σ w·a + b, shift)))`.
///
/// The accumulator is i32; a loader proves for every output channel that Σ|w|·max|a| + max|b| + rounding < 2³¹.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conv<W = Vec<i16>> {
    /// Side of the kernel: 1 or 3.
    pub kernel: u8,
    /// Input channels (even).
    pub inputs: u16,
    /// Output channels.
    pub outputs: u16,
    /// Right shift of the accumulator, 0 to 30.
    pub shift: u8,
    /// Applied after the shift, before the clamp.
    pub activation: Activation,
    /// The output is clamped to ±(2^clamp_bits − 1); 1 to 15.
    pub clamp_bits: u8,
    /// `[output][ky][kx][input]`.
    pub weights: W,
    /// `[knot][output]`; one knot, or several that the quality interpolates (see [`crate::model::interpolate`]).
    pub bias: Vec<i32>,
}

/// Depthwise 3×3 convolution of stride 1: `clamp(act(rshift(Σ w·a + b, shift)))` with a kernel for each channel, zero outside the picture.
///
/// The accumulator is i32, as in [`Conv`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Depthwise<W = Vec<i16>> {
    /// Input and output channels.
    pub channels: u16,
    /// Right shift of the accumulator, 0 to 30.
    pub shift: u8,
    /// Applied after the shift, before the clamp.
    pub activation: Activation,
    /// The output is clamped to ±(2^clamp_bits − 1); 1 to 15.
    pub clamp_bits: u8,
    /// `[ky][kx][channel]`.
    pub weights: W,
    /// `[knot][channel]`, as in [`Conv`].
    pub bias: Vec<i32>,
}

/// One operation of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer<W = Vec<i16>> {
    /// Convolution, zero outside the picture.
    Conv(Conv<W>),
    /// Depthwise convolution.
    Depthwise(Depthwise<W>),
    /// Remembers the tensor for the next `AddSaved` (one level, not nested).
    Save,
    /// Adds the remembered tensor, clamped to ±(2^clamp_bits − 1).
    AddSaved {
        /// 1 to 15.
        clamp_bits: u8,
    },
    /// Depth to space: channel `(dy·r + dx)·c + k` of r²·c becomes channel k at offset (dx, dy).
    Shuffle(u8),
    /// Space to depth, the inverse of `Shuffle`.
    Unshuffle(u8),
    /// Per-channel `clamp(rshift(x·multiplier, shift))`, computed in i64, clamped to ±32767.
    Gain {
        /// One per channel.
        multipliers: Vec<i32>,
        /// 0 to 30.
        shift: u8,
    },
}

/// A list of layers applied in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network<W = Vec<i16>> {
    /// Channels of the input.
    pub inputs: u16,
    /// The input is bounded by ±(2^input_bits − 1).
    pub input_bits: u8,
    /// The layers, first one first.
    pub layers: Vec<Layer<W>>,
}

impl Network<InFile<'_>> {
    /// With the weights copied out of the file.
    pub(super) fn to_owned(&self) -> Network {
        let layer = |layer: &Layer<InFile>| match layer {
            Layer::Conv(conv) => Layer::Conv(Conv {
                kernel: conv.kernel,
                inputs: conv.inputs,
                outputs: conv.outputs,
                shift: conv.shift,
                activation: conv.activation,
                clamp_bits: conv.clamp_bits,
                weights: conv.weights.range(0..conv.weights.count()).collect(),
                bias: conv.bias.clone(),
            }),
            Layer::Depthwise(layer) => Layer::Depthwise(Depthwise {
                channels: layer.channels,
                shift: layer.shift,
                activation: layer.activation,
                clamp_bits: layer.clamp_bits,
                weights: layer.weights.range(0..layer.weights.count()).collect(),
                bias: layer.bias.clone(),
            }),
            Layer::Save => Layer::Save,
            &Layer::AddSaved { clamp_bits } => Layer::AddSaved { clamp_bits },
            &Layer::Shuffle(r) => Layer::Shuffle(r),
            &Layer::Unshuffle(r) => Layer::Unshuffle(r),
            Layer::Gain { multipliers, shift } => Layer::Gain {
                multipliers: multipliers.clone(),
                shift: *shift,
            },
        };
        Network {
            inputs: self.inputs,
            input_bits: self.input_bits,
            layers: self.layers.iter().map(layer).collect(),
        }
    }
}
