//! The kernels in plain Rust: the truth that every other kernel must equal, and the fallback of every machine.
//!
//! Arithmetic wraps, as SIMD does; the proof at model load says that it never has to.

use std::ops::Range;

use super::conv::{ConvCall, BLOCK};
use super::depthwise::DepthwiseCall;
use super::rows::{RowsCall, SHIFT, SUMS};

/// The convolution.
pub(super) fn convolve(call: &ConvCall, output: &mut [i16]) {
    let conv = call.conv;
    for (&base, output) in call.bases.iter().zip(output.chunks_exact_mut(conv.outputs)) {
        for (block, output) in output.chunks_mut(BLOCK).enumerate() {
            let mut sums = [0i32; BLOCK];
            sums.copy_from_slice(&call.start[block * BLOCK..][..BLOCK]);
            let weights = conv.block(block).chunks_exact(conv.inputs / 2);
            for (weights, &tap) in weights.zip(call.taps) {
                let input = &call.input[base as usize + tap as usize..][..conv.inputs];
                for (pair, lane) in input.chunks_exact(2).zip(weights) {
                    let (a, b) = (i32::from(pair[0]), i32::from(pair[1]));
                    for (sum, w) in sums.iter_mut().zip(lane.0.chunks_exact(2)) {
                        let products = (a * i32::from(w[0])).wrapping_add(b * i32::from(w[1]));
                        *sum = sum.wrapping_add(products);
                    }
                }
            }
            for (output, sum) in output.iter_mut().zip(sums) {
                *output = conv.requantise.apply(sum);
            }
        }
    }
}

/// The depthwise convolution, for some of its channels.
pub(super) fn depthwise(call: &DepthwiseCall, channels: Range<usize>, output: &mut [i16]) {
    let layer = call.layer;
    for (&base, output) in call
        .bases
        .iter()
        .zip(output.chunks_exact_mut(layer.channels))
    {
        for c in channels.clone() {
            let mut sum = call.start[c];
            for (weights, &tap) in layer.weights.chunks_exact(layer.channels).zip(call.taps) {
                let value = call.input[base as usize + tap as usize + c];
                sum = sum.wrapping_add(i32::from(value) * i32::from(weights[c]));
            }
            output[c] = layer.requantise.apply(sum);
        }
    }
}

/// Positions whose sums of rows are computed together; a row's rounded width is a multiple of it.
const POSITIONS: usize = 16;

/// The sums of rows.
pub(super) fn rows(call: &RowsCall, output: &mut [i16]) {
    for first in (0..call.width).step_by(POSITIONS) {
        let load = |offset: usize| -> &[i16; POSITIONS] {
            call.values[offset + first..]
                .first_chunk()
                .expect("rows are that long")
        };
        let mut sums = [[1 << (SHIFT - 1); POSITIONS]; SUMS];
        for pair in call.rows {
            for (i, offset) in pair.offsets.into_iter().enumerate() {
                add_row(
                    &mut sums,
                    load(offset),
                    pair.weights.map(|weights| weights[i]),
                );
            }
        }
        for pair in call.differences {
            for i in 0..2 {
                let mut difference = *load(pair.rows.offsets[i]);
                for (there, here) in difference.iter_mut().zip(load(pair.subtracted[i])) {
                    *there = there.saturating_sub(*here).clamp(-call.clip, call.clip);
                }
                let weights = pair.rows.weights.map(|weights| weights[i]);
                add_row(&mut sums, &difference, weights);
            }
        }
        for (sums, output) in sums.iter().zip(output.chunks_exact_mut(call.width)) {
            for (output, sum) in output[first..].iter_mut().zip(sums) {
                *output = (sum >> SHIFT).clamp(-i32::from(i16::MAX), i16::MAX.into()) as i16;
            }
        }
    }
}

fn add_row(sums: &mut [[i32; POSITIONS]; SUMS], row: &[i16; POSITIONS], weights: [i16; SUMS]) {
    for (sums, weight) in sums.iter_mut().zip(weights) {
        for (sum, &value) in sums.iter_mut().zip(row) {
            *sum = sum.wrapping_add(i32::from(value) * i32::from(weight));
        }
    }
}
