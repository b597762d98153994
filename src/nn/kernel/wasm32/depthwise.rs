//! simd128: 8 channels of one position at a time, `i32x4.dot_i16x8_s` on the values of two taps side by side.

use std::arch::wasm32::*;

use crate::nn::kernel::depthwise::{DepthwiseCall, TAPS};
use crate::nn::kernel::scalar;

/// Channels that are computed together.
const BLOCK: usize = 8;
/// Pairs of taps, the last one with a weight of 0.
const PAIRS: usize = TAPS.div_ceil(2);

/// Runs a call whose output length has been checked.
#[target_feature(enable = "simd128")]
pub(super) fn run(call: &DepthwiseCall, output: &mut [i16]) {
    let channels = call.layer.channels;
    let whole = channels - channels % BLOCK;
    for first in (0..whole).step_by(BLOCK) {
        columns(call, first, output);
    }
    scalar::depthwise(call, whole..channels, output);
}

/// All positions × the 8 channels from `first` on, which the layer has.
#[target_feature(enable = "simd128")]
fn columns(call: &DepthwiseCall, first: usize, output: &mut [i16]) {
    let layer = call.layer;
    let weights = weights(&layer.weights, layer.channels, first);
    let start = &call.start[first..][..BLOCK];
    // SAFETY: `start` has 8 × i32 = two times 16 bytes.
    let start = unsafe {
        [
            v128_load(start.as_ptr().cast()),
            v128_load(start.as_ptr().add(4).cast()),
        ]
    };
    let requantise = layer.requantise;
    let (low, high) = (i32x4_splat(requantise.low), i32x4_splat(requantise.high));
    for (&base, output) in call
        .bases
        .iter()
        .zip(output.chunks_exact_mut(layer.channels))
    {
        let mut sums = start;
        for (pair, weights) in weights.iter().enumerate() {
            let load = |tap: usize| {
                let at = base as usize + call.taps[tap] as usize + first;
                // SAFETY: `DepthwiseCall::new` proved base + tap + channels ≤ input.len(), and first + 8 ≤ channels.
                unsafe { v128_load(call.input.as_ptr().add(at).cast()) }
            };
            // The weight of the tap past the last one is 0.
            let pair = beside(load(2 * pair), load((2 * pair + 1).min(TAPS - 1)));
            for ((sum, values), &weights) in sums.iter_mut().zip(pair).zip(weights) {
                *sum = i32x4_add(*sum, i32x4_dot_i16x8(values, weights));
            }
        }
        let [a, b] = sums.map(|sum| {
            let shifted = i32x4_shr(sum, requantise.shift);
            i32x4_min(i32x4_max(shifted, low), high)
        });
        let target = &mut output[first..][..BLOCK];
        // SAFETY: the target is 8 × i16 = 16 bytes long.
        unsafe { v128_store(target.as_mut_ptr().cast(), i16x8_narrow_i32x4(a, b)) };
    }
}

/// The values of two taps side by side: channels 0 to 3, then 4 to 7.
#[target_feature(enable = "simd128")]
#[inline]
fn beside(x: v128, y: v128) -> [v128; 2] {
    [
        i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(x, y),
        i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(x, y),
    ]
}

/// The weights of 8 channels, those of two taps side by side.
#[target_feature(enable = "simd128")]
fn weights(all: &[i16], channels: usize, first: usize) -> [[v128; 2]; PAIRS] {
    let load = |tap: usize| {
        let mut values = [0i16; BLOCK];
        if tap < TAPS {
            values.copy_from_slice(&all[tap * channels + first..][..BLOCK]);
        }
        // SAFETY: the array is 8 × i16 = 16 bytes long.
        unsafe { v128_load(values.as_ptr().cast()) }
    };
    std::array::from_fn(|pair| beside(load(2 * pair), load(2 * pair + 1)))
}
