//! A convolution in real numbers, between two sets of integers.

use anyhow::Result;
use vqz::model::{Conv, Depthwise};

use super::plan::BYTE_LIMIT;
use super::seen::Seen;
use crate::fixed_point::{quantise, End, Fixed, Weights};

/// A convolution's weights without its shift.
pub(super) struct Real {
    pub(super) outputs: usize,
    /// `[output][of its kernel]`.
    weights: Vec<f64>,
    /// `[knot][output]`.
    bias: Vec<f64>,
}

impl Real {
    pub(super) fn of(conv: &Conv) -> Self {
        let unit = f64::from(1u32 << conv.shift);
        Self {
            outputs: conv.outputs.into(),
            weights: conv.weights.iter().map(|&w| f64::from(w) / unit).collect(),
            bias: conv.bias.iter().map(|&b| f64::from(b) / unit).collect(),
        }
    }

    pub(super) fn of_depthwise(depthwise: &Depthwise) -> Self {
        let unit = f64::from(1u32 << depthwise.shift);
        let channels = usize::from(depthwise.channels);
        // [tap][channel] → [channel][tap]
        let weights = (0..channels).flat_map(|c| depthwise.weights[c..].iter().step_by(channels));
        Self {
            outputs: channels,
            weights: weights.map(|&w| f64::from(w) / unit).collect(),
            bias: depthwise
                .bias
                .iter()
                .map(|&b| f64::from(b) / unit)
                .collect(),
        }
    }

    /// For outputs and inputs of which channels have so many new integers per old one; factors repeat where there are fewer than channels.
    pub(super) fn scaled(mut self, outputs: &[f64], inputs: &[f64]) -> Self {
        let fan_in = self.weights.len() / self.outputs;
        for (index, weight) in self.weights.iter_mut().enumerate() {
            *weight /= inputs[index % fan_in % inputs.len()];
        }
        self.scaled_apart(outputs, outputs)
    }

    /// With these factors for the weights of an output and for its bias.
    pub(super) fn scaled_apart(mut self, weights: &[f64], bias: &[f64]) -> Self {
        let fan_in = self.weights.len() / self.outputs;
        for (index, weight) in self.weights.iter_mut().enumerate() {
            *weight *= weights[index / fan_in % weights.len()];
        }
        for (index, value) in self.bias.iter_mut().enumerate() {
            *value *= bias[index % self.outputs % bias.len()];
        }
        self
    }

    /// The largest weight of each output; not 0.
    pub(super) fn row_peaks(&self) -> impl Iterator<Item = f64> + '_ {
        let rows = self.weights.chunks_exact(self.weights.len() / self.outputs);
        rows.map(|row| row.iter().fold(1e-9, |peak: f64, w| peak.max(w.abs())))
    }

    pub(super) fn fixed(&self, bits_in: u8, bits: u8, limit: f64) -> Result<Fixed> {
        let real = Weights {
            weights: &self.weights,
            bias: &self.bias,
            outputs: self.outputs,
        };
        quantise(&real, 1.0, bits_in, &End { scale: 1.0, bits }, limit)
    }

    /// With weights that are bytes, rounded so that errors cancel on inputs like those that were `seen`.
    pub(super) fn bytes(&self, bits_in: u8, bits: u8, seen: &Seen) -> Result<Fixed> {
        let mut fixed = self.fixed(bits_in, bits, BYTE_LIMIT)?;
        let unit = f64::from(1u32 << fixed.shift);
        let inputs = self.weights.len() / self.outputs;
        let rows = self.weights.chunks_exact(inputs);
        for (output, (real, row)) in rows.zip(fixed.weights.chunks_exact_mut(inputs)).enumerate() {
            let mut errors: Vec<f64> = row
                .iter()
                .zip(real)
                .map(|(&w, r)| f64::from(w) - r * unit)
                .collect();
            cancel(&mut errors, row, seen);
            let shift: f64 = errors
                .iter()
                .zip(&seen.means)
                .map(|(e, mean)| e * mean)
                .sum();
            for bias in fixed.bias[output..].iter_mut().step_by(self.outputs) {
                *bias -= shift.round() as i32;
            }
        }
        Ok(fixed)
    }
}

/// Passes over the weights of an output.
const PASSES: usize = 4;

/// Moves weights by one as long as that makes the variance of the error of their sum smaller: eᵀ C e, with the covariance C of the inputs, by coordinate descent (as rounding
/// is chosen by Nagel et al., "Up or down? Adaptive rounding for post-training quantization", 2020, by other means).
fn cancel(errors: &mut [f64], weights: &mut [i16], seen: &Seen) {
    let inputs = errors.len();
    let row = |i: usize| &seen.covariances[i * inputs..][..inputs];
    let product =
        |i: usize, errors: &[f64]| -> f64 { row(i).iter().zip(errors).map(|(c, e)| c * e).sum() };
    let mut slopes: Vec<f64> = (0..inputs).map(|i| product(i, errors)).collect();
    for _ in 0..PASSES {
        for i in 0..inputs {
            let step = -slopes[i].signum();
            let moved = f64::from(weights[i]) + step;
            if 2.0 * step * slopes[i] + row(i)[i] >= 0.0 || moved.abs() > BYTE_LIMIT {
                continue;
            }
            weights[i] = moved as i16;
            errors[i] += step;
            for (slope, c) in slopes.iter_mut().zip(row(i)) {
                *slope += step * c;
            }
        }
    }
}
