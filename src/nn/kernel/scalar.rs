//! The kernels in plain Rust: the truth that every other kernel must equal, and the fallback of every machine.
//!
//! Arithmetic wraps, as SIMD does; the proof at model load says that it never has to.

use std::ops::Range;

use super::conv::{ConvCall, BLOCK};
use super::depthwise::DepthwiseCall;

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
