//! NEON: 8 channels of one position at a time, `smlal` on the values of one tap.

use std::arch::aarch64::*;

use crate::nn::kernel::depthwise::{DepthwiseCall, TAPS};
use crate::nn::kernel::scalar;

/// Channels that are computed together.
const BLOCK: usize = 8;

/// Runs a call whose output length has been checked.
#[target_feature(enable = "neon")]
pub(super) fn run(call: &DepthwiseCall, output: &mut [i16]) {
    let channels = call.layer.channels;
    let whole = channels - channels % BLOCK;
    for first in (0..whole).step_by(BLOCK) {
        columns(call, first, output);
    }
    scalar::depthwise(call, whole..channels, output);
}

/// All positions × the 8 channels from `first` on, which the layer has.
#[target_feature(enable = "neon")]
fn columns(call: &DepthwiseCall, first: usize, output: &mut [i16]) {
    let layer = call.layer;
    let weights: [int16x8_t; TAPS] = std::array::from_fn(|tap| {
        let weights = &layer.weights[tap * layer.channels + first..][..BLOCK];
        // SAFETY: the slice is 8 × i16 long.
        unsafe { vld1q_s16(weights.as_ptr()) }
    });
    let start = &call.start[first..][..BLOCK];
    // SAFETY: `start` has 8 × i32.
    let start = unsafe { vld1q_s32_x2(start.as_ptr()) };
    let requantise = layer.requantise;
    // A shift to the left by less than nothing is one to the right, which floors.
    let shift = vdupq_n_s32(-(requantise.shift as i32));
    let (low, high) = (vdupq_n_s32(requantise.low), vdupq_n_s32(requantise.high));
    for (&base, output) in call
        .bases
        .iter()
        .zip(output.chunks_exact_mut(layer.channels))
    {
        let mut sums = [start.0, start.1];
        for (&weights, &tap) in weights.iter().zip(call.taps) {
            let at = base as usize + tap as usize + first;
            // SAFETY: `DepthwiseCall::new` proved base + tap + channels ≤ input.len(), and first + 8 ≤ channels.
            let values = unsafe { vld1q_s16(call.input.as_ptr().add(at)) };
            sums = [
                vmlal_s16(sums[0], vget_low_s16(values), vget_low_s16(weights)),
                vmlal_high_s16(sums[1], values, weights),
            ];
        }
        let [a, b] = sums.map(|sum| {
            let shifted = vshlq_s32(sum, shift);
            vmovn_s32(vminq_s32(vmaxq_s32(shifted, low), high))
        });
        let target = &mut output[first..][..BLOCK];
        // SAFETY: the target is 8 × i16 long.
        unsafe { vst1q_s16(target.as_mut_ptr(), vcombine_s16(a, b)) };
    }
}
