//! A network checked once, proved free of overflow, and packed for the kernels.

use super::{Level, PackedConv, PackedDepthwise};
use crate::model::{Conv, Depthwise, Layer, Network, Weights, QUALITY_MAX};
use crate::{Error, Result};

/// Most channels of any tensor.
const MAX_CHANNELS: usize = 4096;
/// Largest factor of one shuffle.
const MAX_SHUFFLE: usize = 16;
/// Bits of a value bounded only by i16, leaving out −32768.
const FULL_BITS: u8 = 15;

/// One operation, ready to run.
#[derive(Debug, Clone)]
pub(super) enum Op {
    Conv(PackedConv),
    Depthwise(PackedDepthwise),
    Save,
    AddSaved { limit: i16 },
    Shuffle(usize),
    Unshuffle(usize),
    Gain { multipliers: Vec<i32>, shift: u32 },
}

/// A network that can be run: its layers fit each other and no accumulator can overflow, whatever the input within `input_bits`.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub(super) level: Level,
    pub(super) ops: Vec<Op>,
    inputs: usize,
    input_bits: u8,
    outputs: usize,
    output_bits: u8,
    scale: Scale,
    macs: f64,
    parameters: u64,
}

/// Output positions per input position along one axis, in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scale {
    pub(crate) up: usize,
    pub(crate) down: usize,
}

impl Scale {
    pub(crate) fn new(up: usize, down: usize) -> Self {
        let (mut a, mut b) = (up, down);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Self {
            up: up / a,
            down: down / a,
        }
    }

    fn area(self) -> f64 {
        (self.up as f64 / self.down as f64).powi(2)
    }
}

impl Prepared {
    /// Checks and packs a network. `name` is for messages.
    ///
    /// # Errors
    /// [`Error::Model`] names the network, the layer (counted from 0), and the channel and value where there is one.
    pub fn new<W: Weights>(name: &str, network: &Network<W>, level: Level) -> Result<Self> {
        let fail = |what: String| Error::Model(format!("network {name}: {what}"));
        check_range("input bits", network.input_bits, 1, FULL_BITS).map_err(fail)?;
        let inputs = usize::from(network.inputs);
        check_range("input channels", inputs, 1, MAX_CHANNELS).map_err(fail)?;
        let mut state = State {
            channels: inputs,
            bits: network.input_bits,
            scale: Scale::new(1, 1),
            saved: None,
            macs: 0.0,
            parameters: 0,
        };
        let mut ops = Vec::with_capacity(network.layers.len());
        for (index, layer) in network.layers.iter().enumerate() {
            let op = state
                .apply(layer)
                .map_err(|what| fail(format!("layer {index}: {what}")))?;
            ops.push(op);
        }
        if state.saved.is_some() {
            return Err(fail("a Save has no AddSaved after it".into()));
        }
        Ok(Self {
            level,
            ops,
            inputs,
            input_bits: network.input_bits,
            outputs: state.channels,
            output_bits: state.bits,
            scale: state.scale,
            macs: state.macs,
            parameters: state.parameters,
        })
    }

    /// Input channels.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Inputs must stay within ±(2^bits − 1).
    #[must_use]
    pub fn input_bits(&self) -> u8 {
        self.input_bits
    }

    /// The same as a bound on magnitudes.
    #[must_use]
    pub fn input_limit(&self) -> i16 {
        ((1i32 << self.input_bits) - 1) as i16
    }

    /// Output channels.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Outputs stay within ±(2^bits − 1).
    #[must_use]
    pub fn output_bits(&self) -> u8 {
        self.output_bits
    }

    /// Output positions per input position along one axis.
    pub(crate) fn scale(&self) -> Scale {
        self.scale
    }

    /// Multiply-accumulates of all convolutions per input position.
    #[must_use]
    pub fn macs_per_input(&self) -> f64 {
        self.macs
    }

    /// Number of weights, biases and gains.
    #[must_use]
    pub fn parameters(&self) -> u64 {
        self.parameters
    }

    /// Whether the network can be run at single positions ([`Self::run_at`]): it begins with a convolution of either kind, keeps the
    /// resolution, and has at most one layer that sees neighbours, which is not between a Save and its AddSaved.
    #[must_use]
    pub fn can_run_at_positions(&self) -> bool {
        let begins = matches!(self.ops.first(), Some(Op::Conv(_) | Op::Depthwise(_)));
        let mut inside = false;
        let mut reaching = 0;
        for op in &self.ops {
            match op {
                Op::Shuffle(_) | Op::Unshuffle(_) => return false,
                Op::Save => inside = true,
                Op::AddSaved { .. } => inside = false,
                Op::Gain { .. } => {}
                Op::Conv(_) | Op::Depthwise(_) if op.reach() == 0 => {}
                Op::Conv(_) | Op::Depthwise(_) if inside => return false,
                Op::Conv(_) | Op::Depthwise(_) => reaching += 1,
            }
        }
        begins && reaching <= 1
    }
}

impl Op {
    /// How many positions away from its own a position's output looks.
    pub(super) fn reach(&self) -> i32 {
        match self {
            Self::Conv(conv) => conv.kernel() as i32 / 2,
            Self::Depthwise(_) => 1,
            _ => 0,
        }
    }
}

/// What is known of the tensor between two layers.
struct State {
    channels: usize,
    bits: u8,
    scale: Scale,
    /// Channels of the remembered tensor.
    saved: Option<usize>,
    macs: f64,
    parameters: u64,
}

impl State {
    fn apply<W: Weights>(&mut self, layer: &Layer<W>) -> Result<Op, String> {
        match layer {
            Layer::Conv(conv) => self.conv(conv),
            Layer::Depthwise(layer) => self.depthwise(layer),
            Layer::Save => {
                if self.saved.replace(self.channels).is_some() {
                    return Err("Save inside a Save".into());
                }
                Ok(Op::Save)
            }
            Layer::AddSaved { clamp_bits } => {
                let channels = self.saved.take().ok_or("AddSaved without a Save")?;
                if channels != self.channels {
                    return Err(format!(
                        "AddSaved of {channels} channels to {} channels",
                        self.channels
                    ));
                }
                check_range("clamp bits", *clamp_bits, 1, FULL_BITS)?;
                self.bits = *clamp_bits;
                Ok(Op::AddSaved {
                    limit: ((1i32 << clamp_bits) - 1) as i16,
                })
            }
            Layer::Shuffle(r) => {
                let r = check_range("shuffle factor", usize::from(*r), 2, MAX_SHUFFLE)?;
                if !self.channels.is_multiple_of(r * r) {
                    return Err(format!(
                        "Shuffle({r}) of {} channels, not a multiple of {}",
                        self.channels,
                        r * r
                    ));
                }
                self.channels /= r * r;
                self.rescale(r, 1)?;
                Ok(Op::Shuffle(r))
            }
            Layer::Unshuffle(r) => {
                let r = check_range("shuffle factor", usize::from(*r), 2, MAX_SHUFFLE)?;
                self.channels = check_range("channels", self.channels * r * r, 1, MAX_CHANNELS)?;
                self.rescale(1, r)?;
                Ok(Op::Unshuffle(r))
            }
            Layer::Gain { multipliers, shift } => {
                check_length("gain multipliers", multipliers.len(), self.channels)?;
                check_range("shift", *shift, 0, 30)?;
                self.bits = FULL_BITS;
                self.parameters += multipliers.len() as u64;
                Ok(Op::Gain {
                    multipliers: multipliers.clone(),
                    shift: (*shift).into(),
                })
            }
        }
    }

    /// Factors stay small, so that windows of any picture keep fitting i32 coordinates.
    fn rescale(&mut self, up: usize, down: usize) -> Result<(), String> {
        if self.saved.is_some() {
            return Err("the resolution changes between Save and AddSaved".into());
        }
        self.scale = Scale::new(self.scale.up * up, self.scale.down * down);
        check_range("upscaling", self.scale.up, 1, 64)?;
        check_range("downscaling", self.scale.down, 1, 64)?;
        Ok(())
    }

    fn conv<W: Weights>(&mut self, conv: &Conv<W>) -> Result<Op, String> {
        if ![1, 3].contains(&conv.kernel) {
            return Err(format!("kernel is {}, expected 1 or 3", conv.kernel));
        }
        let (inputs, outputs) = (usize::from(conv.inputs), usize::from(conv.outputs));
        if inputs != self.channels {
            return Err(format!(
                "convolution of {inputs} channels gets {}",
                self.channels
            ));
        }
        if inputs % 2 != 0 {
            return Err(format!(
                "convolution has {inputs} inputs, expected an even number"
            ));
        }
        check_range("output channels", outputs, 1, MAX_CHANNELS)?;
        check_range("shift", conv.shift, 0, 30)?;
        check_range("clamp bits", conv.clamp_bits, 1, FULL_BITS)?;
        let size = usize::from(conv.kernel).pow(2) * inputs;
        check_length("weights", conv.weights.count(), size * outputs)?;
        check_knots("bias", conv.bias.len(), outputs)?;
        let rows = |o: usize| conv.weights.range(o * size..(o + 1) * size);
        prove(rows, &conv.bias, outputs, conv.shift, self.bits)?;
        let macs = size * outputs;
        self.channels = outputs;
        self.bits = conv.clamp_bits;
        self.macs += macs as f64 * self.scale.area();
        self.parameters += (conv.weights.count() + conv.bias.len()) as u64;
        Ok(Op::Conv(PackedConv::new(conv)))
    }

    fn depthwise<W: Weights>(&mut self, layer: &Depthwise<W>) -> Result<Op, String> {
        let channels = usize::from(layer.channels);
        if channels != self.channels {
            return Err(format!(
                "depthwise convolution of {channels} channels gets {}",
                self.channels
            ));
        }
        check_range("shift", layer.shift, 0, 30)?;
        check_range("clamp bits", layer.clamp_bits, 1, FULL_BITS)?;
        check_length("weights", layer.weights.count(), 9 * channels)?;
        check_knots("bias", layer.bias.len(), channels)?;
        let taps: Vec<Vec<i16>> = (0..9)
            .map(|tap| layer.weights.range(tap * channels..(tap + 1) * channels))
            .map(Iterator::collect)
            .collect();
        let kernel = |c: usize| taps.iter().map(move |tap| tap[c]);
        prove(kernel, &layer.bias, channels, layer.shift, self.bits)?;
        self.bits = layer.clamp_bits;
        self.macs += (9 * channels) as f64 * self.scale.area();
        self.parameters += (layer.weights.count() + layer.bias.len()) as u64;
        Ok(Op::Depthwise(PackedDepthwise::new(layer)))
    }
}

/// Σ|w|·max|a| + max|b| + rounding < 2³¹ for every output channel: then no partial sum, in any order, leaves i32.
///
/// `weights` gives those of an output channel.
fn prove<I: Iterator<Item = i16>>(
    weights: impl Fn(usize) -> I,
    bias: &[i32],
    outputs: usize,
    shift: u8,
    input_bits: u8,
) -> Result<(), String> {
    let rounding = (1u64 << shift) >> 1;
    for channel in 0..outputs {
        let weight: u64 = weights(channel).map(|w| u64::from(w.unsigned_abs())).sum();
        let bias = bias[channel..]
            .iter()
            .step_by(outputs)
            .map(|b| u64::from(b.unsigned_abs()))
            .max()
            .unwrap_or(0);
        let bound = weight * ((1 << input_bits) - 1) + bias + rounding;
        if bound >= 1 << 31 {
            return Err(format!(
                "output channel {channel}: the accumulator may reach {bound}, the limit is {}",
                (1u64 << 31) - 1
            ));
        }
    }
    Ok(())
}

/// `value` if within `low..=high`.
pub(crate) fn check_range<T: PartialOrd + std::fmt::Display>(
    what: &str,
    value: T,
    low: T,
    high: T,
) -> Result<T, String> {
    if value < low || value > high {
        return Err(format!("{what}: {value}, expected {low} to {high}"));
    }
    Ok(value)
}

/// Exact length of a list.
pub(crate) fn check_length(what: &str, length: usize, expected: usize) -> Result<(), String> {
    if length != expected {
        return Err(format!("{length} {what}, expected {expected}"));
    }
    Ok(())
}

/// A `[knot][channel]` table has one knot, or 2^k + 1 up to 1025. Returns the number of knots.
pub(crate) fn check_knots(what: &str, length: usize, channels: usize) -> Result<usize, String> {
    let knots = length / channels;
    let spans = knots.wrapping_sub(1);
    let known = knots == 1 || spans.is_power_of_two() && spans <= usize::from(QUALITY_MAX);
    if !known || !length.is_multiple_of(channels) {
        return Err(format!(
            "{length} values of {what} for {channels} channels, expected 1 or 2^k + 1 (k up to 10) per channel"
        ));
    }
    Ok(knots)
}
