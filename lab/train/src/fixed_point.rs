//! Real weights to integers: scales that are powers of two, shifts that the overflow proof allows.

use anyhow::{bail, Result};
use vqz::model::{Activation, Conv, Depthwise};

use crate::network::Op;

/// Integers per unit of a network's float output, and the clamp, at its end.
pub(crate) struct End {
    pub scale: f64,
    pub bits: u8,
}

/// Largest power of two not above x.
pub(crate) fn power_of_two(x: f64) -> f64 {
    x.log2().floor().exp2()
}

pub(crate) fn fixed(values: &[f64], scale: f64) -> Vec<i16> {
    let limit = f64::from(i16::MAX);
    values
        .iter()
        .map(|v| (v * scale).round().clamp(-limit, limit) as i16)
        .collect()
}

/// Largest magnitude in the residual stream that starts at `peaks[start]`, what layer `start` gets: up to the next convolution outside of a residual block.
pub(crate) fn stream_peak(ops: &[Op], peaks: &[f64], start: usize) -> f64 {
    let mut peak = peaks[start];
    let mut inside = false;
    for (index, op) in ops.iter().enumerate().skip(start) {
        match op {
            Op::Conv(_) | Op::Depthwise(_) if !inside => break,
            Op::Conv(_) | Op::Depthwise(_) if !matches!(ops[index + 1], Op::AddSaved) => continue,
            Op::Save => inside = true,
            Op::AddSaved => inside = false,
            _ => {}
        }
        peak = peak.max(peaks[index + 1]);
    }
    peak.max(1e-6)
}

/// Real weights of a convolution of either kind.
pub(crate) struct Weights<'a> {
    /// `[output][of its kernel]`.
    pub weights: &'a [f64],
    /// `[knot][output]`.
    pub bias: &'a [f64],
    pub outputs: usize,
}

/// The same as integers: a convolution's numbers but for its shape.
pub(crate) struct Fixed {
    pub shift: u8,
    pub clamp_bits: u8,
    pub weights: Vec<i16>,
    pub bias: Vec<i32>,
}

/// Largest weight that a layer can have.
pub(crate) const WEIGHT_LIMIT: f64 = 32767.0;

/// `scale_in`, `bits_in`: integers per unit of the input, and its bound; `limit`: of the weights.
pub(crate) fn quantise(
    real: &Weights,
    scale_in: f64,
    bits_in: u8,
    out: &End,
    limit: f64,
) -> Result<Fixed> {
    let ratio = out.scale / scale_in;
    let largest_input = f64::from((1i32 << bits_in) - 1);
    let fan_in = real.weights.len() / real.outputs;
    for shift in (0..=26u8).rev() {
        let unit = f64::from(1u32 << shift);
        let round = |list: &[f64], scale: f64| -> Vec<f64> {
            list.iter().map(|v| (v * scale * unit).round()).collect()
        };
        let (w, b) = (round(real.weights, ratio), round(real.bias, out.scale));
        let largest_bias = |channel: usize| {
            b.iter()
                .skip(channel)
                .step_by(real.outputs)
                .fold(0.0, |m: f64, v| m.max(v.abs()))
        };
        let fits = w.iter().all(|v| v.abs() <= limit)
            && w.chunks_exact(fan_in).enumerate().all(|(channel, row)| {
                let sum: f64 = row.iter().map(|v| v.abs()).sum();
                sum * largest_input + largest_bias(channel) + unit < 2_147_483_648.0
            });
        if fits {
            return Ok(Fixed {
                shift,
                clamp_bits: out.bits,
                weights: w.iter().map(|&v| v as i16).collect(),
                bias: b.iter().map(|&v| v as i32).collect(),
            });
        }
    }
    bail!(
        "no shift makes the convolution with {} outputs safe: weights too large",
        real.outputs
    )
}

impl Fixed {
    pub fn conv(self, kernel: usize, outputs: usize, activation: Activation) -> Conv {
        let inputs = self.weights.len() / (outputs * kernel * kernel);
        Conv {
            kernel: kernel as u8,
            inputs: inputs as u16,
            outputs: outputs as u16,
            shift: self.shift,
            activation,
            clamp_bits: self.clamp_bits,
            weights: self.weights,
            bias: self.bias,
        }
    }

    pub fn depthwise(self, activation: Activation) -> Depthwise {
        let channels = self.weights.len() / 9;
        // [channel][tap] → [tap][channel]
        let weights = (0..9)
            .flat_map(|tap| self.weights[tap..].iter().step_by(9))
            .copied();
        Depthwise {
            channels: channels as u16,
            shift: self.shift,
            activation,
            clamp_bits: self.clamp_bits,
            weights: weights.collect(),
            bias: self.bias,
        }
    }
}
