//! Real weights to integers: scales that are powers of two, shifts that the overflow proof allows.

use anyhow::{bail, Result};

use super::network::Op;
use crate::model::{Activation, Conv};

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

/// Largest magnitude in the residual stream that starts at the output of layer `start`: up to the next convolution outside of a residual block.
pub(crate) fn stream_peak(ops: &[Op], peaks: &[f64], start: usize) -> f64 {
    let mut peak = peaks[start + 1];
    let mut inside = false;
    for (index, op) in ops.iter().enumerate().skip(start + 1) {
        match op {
            Op::Conv(_) if !inside => break,
            Op::Conv(_) if !matches!(ops[index + 1], Op::AddSaved) => continue,
            Op::Save => inside = true,
            Op::AddSaved => inside = false,
            _ => {}
        }
        peak = peak.max(peaks[index + 1]);
    }
    peak.max(1e-6)
}

#[allow(clippy::too_many_arguments)]
pub(crate) fn quantise(
    kernel: usize,
    inputs: usize,
    outputs: usize,
    weights: &[f64],
    bias: &[f64],
    scale_in: f64,
    bits_in: u8,
    out: &End,
    relu: bool,
) -> Result<Conv> {
    let ratio = out.scale / scale_in;
    let fan_in = kernel * kernel * inputs;
    let largest_input = f64::from((1i32 << bits_in) - 1);
    for shift in (0..=26u8).rev() {
        let unit = f64::from(1u32 << shift);
        let w: Vec<f64> = weights.iter().map(|v| (v * ratio * unit).round()).collect();
        let b: Vec<f64> = bias
            .iter()
            .map(|v| (v * out.scale * unit).round())
            .collect();
        let largest_bias = |channel: usize| {
            b.iter()
                .skip(channel)
                .step_by(outputs)
                .fold(0.0, |m: f64, v| m.max(v.abs()))
        };
        let fits = w.iter().all(|v| v.abs() <= 32767.0)
            && w.chunks_exact(fan_in).enumerate().all(|(channel, row)| {
                let sum: f64 = row.iter().map(|v| v.abs()).sum();
                sum * largest_input + largest_bias(channel) + unit < 2_147_483_648.0
            });
        if fits {
            return Ok(Conv {
                kernel: kernel as u8,
                inputs: inputs as u16,
                outputs: outputs as u16,
                shift,
                activation: if relu {
                    Activation::Relu
                } else {
                    Activation::None
                },
                clamp_bits: out.bits,
                weights: w.iter().map(|&v| v as i16).collect(),
                bias: b.iter().map(|&v| v as i32).collect(),
            });
        }
    }
    bail!("no shift makes the convolution {inputs} → {outputs} safe: weights too large")
}
